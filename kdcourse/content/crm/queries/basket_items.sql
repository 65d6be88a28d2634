-- The same for a part of a month, straight from parcels and orders. 不足一月的部分，直接取自快件与订单。
SELECT items, count(*) AS baskets
FROM (
    SELECT replace(group_concat(DISTINCT s.product_id), ',', ' ')
           || iif(max(o.pack_service), ' packing', '')
           || iif(max(o.sign_service), ' signature', '')
           || iif(count(o.cod_amount), ' cod', '')
           || iif(count(o.declared_value), ' insurance', '')
           || iif(count(o.pickup_booked_for), ' pickup', '') AS items
    FROM shipments AS s JOIN orders AS o ON o.waybill_no = s.waybill_no
    WHERE s.accepted_at >= :start AND s.accepted_at < :until
    GROUP BY s.customer_id, substr(s.accepted_at, 1, 7)
)
GROUP BY items
