-- What each customer used in each month of a period, each item once: a basket is a customer's month.
-- 每位客户每月用过的产品与服务，各记一次；一位客户的一个月算一个购物篮。
SELECT DISTINCT customer_id || ' ' || month AS basket, item FROM (
    SELECT s.customer_id, substr(s.accepted_at, 1, 7) AS month,
           CASE kind.value
               WHEN 'product' THEN s.product_id
               WHEN 'packing' THEN iif(o.pack_service, 'packing', NULL)
               WHEN 'signature' THEN iif(o.sign_service, 'signature', NULL)
               WHEN 'cod' THEN iif(o.cod_amount IS NOT NULL, 'cod', NULL)
               WHEN 'insurance' THEN iif(o.declared_value IS NOT NULL, 'insurance', NULL)
               WHEN 'pickup' THEN iif(o.pickup_booked_for IS NOT NULL, 'pickup', NULL)
           END AS item
    FROM shipments AS s NOT INDEXED JOIN orders AS o ON o.waybill_no = s.waybill_no
    JOIN json_each('["product", "packing", "signature", "cod", "insurance", "pickup"]') AS kind
    WHERE s.accepted_at >= :start AND s.accepted_at < :until
)
WHERE item IS NOT NULL
ORDER BY basket, item
