-- Customers of a list of numbers, in the order of the list. 按给定编号的顺序列出客户。
SELECT c.customer_id, c.name, c.phone, c.city, c.market_type
FROM json_each(:ids) AS wanted
JOIN customers AS c ON c.customer_id = wanted.value
ORDER BY wanted.key
