-- Every customer with an account on :day. 当日已开户的所有客户。
SELECT customer_id FROM main.customers WHERE created_on <= :day
