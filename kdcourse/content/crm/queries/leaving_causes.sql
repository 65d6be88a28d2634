-- Who sent in the quarter before :day: whether they sent again in the quarter after it, and what had
-- happened to them until then. What came afterwards can be no cause.
-- :day 之前一个季度寄过件的客户：之后一个季度是否再寄，以及此前经历了什么。之后发生的不可能是原因。
WITH sent AS (
    SELECT customer_id, count(*) AS parcels,
           avg(delivered_at IS NULL OR delivered_at > promised_at) AS late_share,
           sum(lost OR damaged) AS spoilt,
           avg(discount) AS discount
    FROM shipments
    WHERE accepted_at >= date(:day, '-90 days') AND accepted_at < :day
    GROUP BY customer_id
), complained AS (
    SELECT customer_id,
           max(closed_at IS NULL OR julianday(closed_at) - julianday(received_at) > 3) AS slowly,
           max(satisfaction <= 2) AS badly
    FROM complaints
    WHERE received_at >= date(:day, '-90 days') AND received_at < :day AND is_suggestion = 0
    GROUP BY customer_id
)
SELECT s.customer_id, c.market_type AS market,
       NOT EXISTS (SELECT 1 FROM shipments AS n WHERE n.customer_id = s.customer_id
                   AND n.accepted_at >= :day AND n.accepted_at < date(:day, '+90 days')) AS gone,
       s.late_share >= 0.2 AS late,
       s.spoilt > 0 AS spoilt,
       k.customer_id IS NOT NULL AS complained,
       coalesce(k.slowly, 0) AS answered_slowly,
       s.parcels <= 2 AS sends_little,
       c.created_on >= date(:day, '-90 days') AS newcomer,
       c.member_since IS NULL OR c.member_since >= :day AS no_member
FROM sent AS s
JOIN customers AS c ON c.customer_id = s.customer_id
LEFT JOIN complained AS k ON k.customer_id = s.customer_id
ORDER BY s.customer_id
