-- Customers who joined since the data begin, with the months in which they sent a parcel.
-- 数据起始以来的新客户，以及各自寄件的月份。
SELECT c.customer_id, c.market_type AS market, substr(c.created_on, 1, 7) AS joined,
       substr(s.accepted_at, 1, 7) AS month, count(s.waybill_no) AS parcels
FROM customers AS c
LEFT JOIN shipments AS s ON s.customer_id = c.customer_id
WHERE c.created_on >= :since
GROUP BY c.customer_id, month
ORDER BY c.customer_id, month
