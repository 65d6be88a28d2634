-- Facts about customers who are firms or other organisations.
-- 企业及其他单位客户的情况。
SELECT customer_id, size_band AS size, industry FROM main.organisations
