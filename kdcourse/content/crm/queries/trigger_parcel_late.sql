-- Customers with a parcel whose promise ran out on :day and that hadn't arrived by then. 当日有快件超过承诺时间的客户。
SELECT DISTINCT customer_id FROM main.shipments
WHERE promised_at >= :day AND promised_at < date(:day, '+1 day')
  AND (delivered_at IS NULL OR delivered_at > promised_at)
