-- What reports over the whole base would otherwise count anew each time.
-- 全库报表反复要用、不宜每次重算的内容。

-- What each customer used in each month, each item once: a customer's month is a basket. The triggers
-- below keep it true, so that a report needn't read every parcel.
-- 每位客户每月用过的产品与服务，各记一次；一位客户的一个月算一个购物篮。由下面的触发器保持与快件一致，
-- 报表因此不必逐件读取。
CREATE TABLE month_items (
    month       TEXT NOT NULL,
    customer_id TEXT NOT NULL REFERENCES customers,
    item        TEXT NOT NULL,
    PRIMARY KEY (month, customer_id, item)
) STRICT, WITHOUT ROWID;

-- The same, straight from parcels and orders. 同一内容，直接从快件与订单得出。
CREATE VIEW month_items_now AS
SELECT substr(accepted_at, 1, 7) AS month, customer_id, product_id AS item FROM shipments
UNION
SELECT substr(s.accepted_at, 1, 7), s.customer_id, 'packing'
FROM orders AS o JOIN shipments AS s ON s.waybill_no = o.waybill_no WHERE o.pack_service
UNION
SELECT substr(s.accepted_at, 1, 7), s.customer_id, 'signature'
FROM orders AS o JOIN shipments AS s ON s.waybill_no = o.waybill_no WHERE o.sign_service
UNION
SELECT substr(s.accepted_at, 1, 7), s.customer_id, 'cod'
FROM orders AS o JOIN shipments AS s ON s.waybill_no = o.waybill_no WHERE o.cod_amount IS NOT NULL
UNION
SELECT substr(s.accepted_at, 1, 7), s.customer_id, 'insurance'
FROM orders AS o JOIN shipments AS s ON s.waybill_no = o.waybill_no WHERE o.declared_value IS NOT NULL
UNION
SELECT substr(s.accepted_at, 1, 7), s.customer_id, 'pickup'
FROM orders AS o JOIN shipments AS s ON s.waybill_no = o.waybill_no WHERE o.pickup_booked_for IS NOT NULL;

INSERT INTO month_items SELECT month, customer_id, item FROM month_items_now;

CREATE TRIGGER month_items_parcel_added AFTER INSERT ON shipments
BEGIN
    INSERT OR IGNORE INTO month_items
    VALUES (substr(new.accepted_at, 1, 7), new.customer_id, new.product_id);
END;

CREATE TRIGGER month_items_parcel_changed
AFTER UPDATE OF waybill_no, customer_id, product_id, accepted_at ON shipments
BEGIN
    DELETE FROM month_items
    WHERE (month = substr(old.accepted_at, 1, 7) AND customer_id = old.customer_id)
       OR (month = substr(new.accepted_at, 1, 7) AND customer_id = new.customer_id);
    INSERT OR IGNORE INTO month_items SELECT month, customer_id, item FROM month_items_now
    WHERE month = substr(old.accepted_at, 1, 7) AND customer_id = old.customer_id;
    INSERT OR IGNORE INTO month_items SELECT month, customer_id, item FROM month_items_now
    WHERE month = substr(new.accepted_at, 1, 7) AND customer_id = new.customer_id;
END;

CREATE TRIGGER month_items_parcel_removed AFTER DELETE ON shipments
BEGIN
    DELETE FROM month_items
    WHERE month = substr(old.accepted_at, 1, 7) AND customer_id = old.customer_id;
    INSERT INTO month_items SELECT month, customer_id, item FROM month_items_now
    WHERE month = substr(old.accepted_at, 1, 7) AND customer_id = old.customer_id;
END;

CREATE TRIGGER month_items_order_added AFTER INSERT ON orders WHEN new.waybill_no IS NOT NULL
BEGIN
    INSERT OR IGNORE INTO month_items SELECT now.month, now.customer_id, now.item
    FROM shipments AS s JOIN month_items_now AS now
        ON now.customer_id = s.customer_id AND now.month = substr(s.accepted_at, 1, 7)
    WHERE s.waybill_no = new.waybill_no;
END;

CREATE TRIGGER month_items_order_changed
AFTER UPDATE OF waybill_no, pack_service, sign_service, cod_amount, declared_value, pickup_booked_for
ON orders
BEGIN
    DELETE FROM month_items
    WHERE (month, customer_id) IN (
        SELECT substr(accepted_at, 1, 7), customer_id FROM shipments
        WHERE waybill_no IN (old.waybill_no, new.waybill_no));
    INSERT OR IGNORE INTO month_items SELECT now.month, now.customer_id, now.item
    FROM shipments AS s JOIN month_items_now AS now
        ON now.customer_id = s.customer_id AND now.month = substr(s.accepted_at, 1, 7)
    WHERE s.waybill_no IN (old.waybill_no, new.waybill_no);
END;

CREATE TRIGGER month_items_order_removed AFTER DELETE ON orders WHEN old.waybill_no IS NOT NULL
BEGIN
    DELETE FROM month_items
    WHERE (month, customer_id) IN (
        SELECT substr(accepted_at, 1, 7), customer_id FROM shipments
        WHERE waybill_no = old.waybill_no);
    INSERT OR IGNORE INTO month_items SELECT now.month, now.customer_id, now.item
    FROM shipments AS s JOIN month_items_now AS now
        ON now.customer_id = s.customer_id AND now.month = substr(s.accepted_at, 1, 7)
    WHERE s.waybill_no = old.waybill_no;
END;
