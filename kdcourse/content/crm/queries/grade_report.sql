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
    SELECT coalesce(g.grade, 'ungraded'), 0, count(*), sum(s.fee), count(s.delivered_at),
           sum(s.delivered_at > s.promised_at), 0, 0
    FROM shipments AS s LEFT JOIN current_grades AS g ON g.customer_id = s.customer_id
    WHERE s.accepted_at >= :start AND s.accepted_at < :until
    GROUP BY 1
    UNION ALL
    SELECT coalesce(g.grade, 'ungraded'), 0, 0, 0, 0, 0, sum(1 - k.is_suggestion),
           coalesce(sum(k.compensation), 0)
    FROM complaints AS k LEFT JOIN current_grades AS g ON g.customer_id = k.customer_id
    WHERE k.received_at >= :start AND k.received_at < :until
    GROUP BY 1
)
GROUP BY grade
ORDER BY grade = 'ungraded', grade
