-- By a whole telephone number: the customer's own, then that of a person in a firm.
-- 按完整手机号查找：先客户本人，再企业联系人。
SELECT customer_id, 'phone' AS found_by
FROM main.customers
WHERE phone = :words
UNION
SELECT customer_id, 'contact'
FROM main.contacts
WHERE phone = :words AND customer_id IS NOT NULL
ORDER BY 2 DESC, 1
LIMIT :limit
