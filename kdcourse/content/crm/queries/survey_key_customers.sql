-- Key customers whom nobody has asked for longer than :key_days days, by survey or by telephone.
-- 超过 :key_days 天未被询问（调查或电话）的重点客户。
WITH fees AS (
    SELECT customer_id, sum(fee) AS revenue_year FROM shipments
    WHERE accepted_at >= date(:day, '-364 days')
    GROUP BY customer_id
), asked AS (
    SELECT customer_id, max(at) AS last_asked FROM (
        SELECT customer_id, invited_on AS at FROM survey_invitations
        UNION ALL
        SELECT customer_id, date(at) FROM interactions WHERE purpose IN ('survey', 'revisit')
    )
    GROUP BY customer_id
)
SELECT f.customer_id, round(f.revenue_year, 2) AS revenue_year, a.last_asked,
       CAST(julianday(:day) - julianday(a.last_asked) AS INTEGER) AS days_since
FROM fees AS f
LEFT JOIN asked AS a ON a.customer_id = f.customer_id
WHERE f.revenue_year >= :key_revenue
  AND (a.last_asked IS NULL OR a.last_asked <= date(:day, '-' || :key_days || ' days'))
ORDER BY f.revenue_year DESC, f.customer_id
