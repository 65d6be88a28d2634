-- What each grade brought and suffered from :start to before :until; 'ungraded' for who has none.
-- 各等级在一段时间内的贡献与遭遇；没有等级的客户单列为 ungraded。
SELECT grade, sum(customers) AS customers, sum(parcels) AS parcels, round(sum(revenue), 2) AS revenue,
       sum(delivered) AS delivered, sum(late) AS late, sum(complaints) AS complaints,
       round(sum(compensation), 2) AS compensation
FROM (
    SELECT coalesce(g.grade, 'ungraded') AS grade, 1 AS customers, s.parcels, s.revenue, s.delivered,
           s.late, 0 AS complaints, 0.0 AS compensation
    FROM (
        -- Customer by customer: the index holds all that is asked for, each one's parcels by day, so
        -- that nothing has to be sorted and the table itself isn't read.
        -- 逐个客户读取：索引已含所需各列，且每位客户的快件按日期排列，因此无须排序，也不必读原表。
        SELECT c.customer_id, count(s.fee) AS parcels, coalesce(sum(s.fee), 0) AS revenue,
               count(s.delivered_at) AS delivered,
               coalesce(sum(s.delivered_at > s.promised_at), 0) AS late
        FROM customers AS c LEFT JOIN shipments AS s INDEXED BY shipments_customer_id
            ON s.customer_id = c.customer_id
               AND s.accepted_at >= :start AND s.accepted_at < :until
        GROUP BY c.customer_id
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
