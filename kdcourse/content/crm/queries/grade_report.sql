-- What each grade brought and suffered from :start to before :until; 'ungraded' for who has none.
-- 各等级在一段时间内的贡献与遭遇；没有等级的客户单列为 ungraded。
SELECT grade, sum(customers) AS customers, sum(parcels) AS parcels, round(sum(revenue), 2) AS revenue,
       sum(delivered) AS delivered, sum(late) AS late, sum(complaints) AS complaints,
       round(sum(compensation), 2) AS compensation
FROM (
    SELECT coalesce(g.grade, 'ungraded') AS grade, 1 AS customers, 0 AS parcels, 0.0 AS revenue,
           0 AS delivered, 0 AS late, 0 AS complaints, 0.0 AS compensation
    FROM customers AS c LEFT JOIN current_grades AS g ON g.customer_id = c.customer_id
    UNION ALL
    SELECT coalesce(g.grade, 'ungraded'), 0, s.parcels, s.revenue, s.delivered, s.late, 0, 0
    FROM (
        -- Read in the order of the file: a year is half of it, and an index would jump to and fro.
        -- 按文件顺序读取：一年约占一半，走索引反而来回跳。
        SELECT customer_id, count(*) AS parcels, sum(fee) AS revenue,
               count(delivered_at) AS delivered, sum(delivered_at > promised_at) AS late
        FROM shipments NOT INDEXED
        WHERE accepted_at >= :start AND accepted_at < :until
        GROUP BY customer_id
    ) AS s LEFT JOIN current_grades AS g ON g.customer_id = s.customer_id
    UNION ALL
    SELECT coalesce(g.grade, 'ungraded'), 0, 0, 0, 0, 0, sum(1 - k.is_suggestion),
           coalesce(sum(k.compensation), 0)
    FROM complaints AS k LEFT JOIN current_grades AS g ON g.customer_id = k.customer_id
    WHERE k.received_at >= :start AND k.received_at < :until
    GROUP BY 1
)
GROUP BY grade
ORDER BY grade = 'ungraded', grade
