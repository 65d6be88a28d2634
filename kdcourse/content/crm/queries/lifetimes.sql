-- Customers who joined since the data begin and sent a parcel: first and last one, and what we know.
-- 数据起始以来开户并寄过件的客户：首末寄件日与相关情况。
SELECT c.customer_id, c.market_type AS market, c.legal_kind, c.city, c.source_channel AS source,
       min(s.accepted_at) AS first_at, max(s.accepted_at) AS last_at, count(*) AS parcels
FROM customers AS c
JOIN shipments AS s ON s.customer_id = c.customer_id
WHERE c.created_on >= :since
GROUP BY c.customer_id
ORDER BY c.customer_id
