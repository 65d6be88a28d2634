-- The totals that a report by grade must add up to, straight from the tables. 报表应与之相符的总数。
SELECT (SELECT count(*) FROM customers) AS customers,
       sent.parcels, sent.revenue,
       (SELECT count(*) FROM complaints
        WHERE received_at >= :start AND received_at < :until AND is_suggestion = 0) AS complaints
FROM (
    SELECT count(*) AS parcels, round(coalesce(sum(fee), 0), 2) AS revenue
    FROM shipments INDEXED BY shipments_customer_id
    WHERE accepted_at >= :start AND accepted_at < :until
) AS sent
