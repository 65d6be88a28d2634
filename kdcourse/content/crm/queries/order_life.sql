-- The life of one order, from placing it to what came after delivery. 一个订单从下单到售后的全过程。
-- :waybill and :order name it; one of the two may be empty.
SELECT at, event, place, detail FROM (
    SELECT placed_at AS at, 1 AS rank, 'placed' AS event, channel AS place, payment_method AS detail
    FROM orders WHERE order_id = :order
    UNION ALL
    SELECT pickup_booked_for, 2, 'pickup_booked', NULL, NULL
    FROM orders WHERE order_id = :order AND pickup_booked_for IS NOT NULL
    UNION ALL
    SELECT cancelled_at, 3, 'cancelled', NULL, cancel_reason
    FROM orders WHERE order_id = :order AND cancelled_at IS NOT NULL
    UNION ALL
    SELECT scanned_at, 3 + step, stage, site, NULL FROM scans WHERE waybill_no = :waybill
    UNION ALL
    SELECT promised_at, 9, 'promised', destination, product_id
    FROM shipments WHERE waybill_no = :waybill
    UNION ALL
    SELECT raised_at, 10, 'ticket', channel, type FROM after_sales WHERE waybill_no = :waybill
    UNION ALL
    SELECT solved_at, 11, 'ticket_solved', channel, type
    FROM after_sales WHERE waybill_no = :waybill AND solved_at IS NOT NULL
    UNION ALL
    SELECT received_at, 12, 'complaint', channel, category
    FROM complaints WHERE waybill_no = :waybill
    UNION ALL
    SELECT closed_at, 13, 'complaint_closed', channel, category
    FROM complaints WHERE waybill_no = :waybill AND closed_at IS NOT NULL
)
ORDER BY at, rank
