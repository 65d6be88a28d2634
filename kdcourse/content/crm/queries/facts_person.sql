-- Facts that customers who are persons told us.
-- 个人客户登记的情况。
SELECT customer_id, age FROM main.persons
