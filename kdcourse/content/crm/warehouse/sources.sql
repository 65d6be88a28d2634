-- 1. Data sources 数据源: what is taken from the CRM, by SQLite. Names, telephone numbers and addresses
-- stay there: no question of management needs them.
-- 从 CRM 取数（SQLite）。姓名、电话、地址不取：经营分析用不到。

-- source shipments
SELECT waybill_no, customer_id, product_id, origin, destination, weight_kg, fee_quoted, fee,
       accepted_at, promised_at, delivered_at, lost, damaged, info_error
FROM shipments;

-- source orders
SELECT waybill_no, channel, campaign_id
FROM orders
WHERE waybill_no IS NOT NULL;

-- source complaints
SELECT complaint_id, waybill_no, category, is_suggestion, compensation
FROM complaints;

-- source ratings
SELECT waybill_no, stars
FROM ratings;

-- source customers
SELECT customer_id, market_type, legal_kind, city, created_on, source_channel
FROM customers;

-- source grades
SELECT customer_id, grade
FROM current_grades;

-- source products
SELECT product_id, family, promised_hours
FROM products;

-- source cities
SELECT city, region
FROM cities;
