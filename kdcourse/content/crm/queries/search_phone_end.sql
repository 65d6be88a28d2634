-- By the last digits of a telephone number. 按手机号末几位查找。
SELECT customer_id, 'phone' AS found_by
FROM main.customers
WHERE substr(phone, -length(:words)) = :words
ORDER BY customer_id
LIMIT :limit
