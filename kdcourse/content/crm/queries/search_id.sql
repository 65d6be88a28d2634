SELECT customer_id, 'id' AS found_by
FROM main.customers
WHERE customer_id = :words
LIMIT :limit
