-- Customers who opened their account on :day. 当日开户的客户。
SELECT customer_id FROM main.customers WHERE created_on = :day
