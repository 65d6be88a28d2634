-- Parcels with something that points to a complaint, as known at the end of :day. 可能引发投诉的快件（截至当日结束时所知）。
-- One column per signal, 1 or 0; nothing that happened later is looked at. 每个信号一列；不使用之后才发生的信息。
SELECT * FROM (
    SELECT waybill_no, customer_id,
           in_transit AND promised_at < :until AS overdue,
           in_transit AND promised_at < :day AS day_overdue,
           NOT in_transit AND delivered_at > promised_at AS came_late,
           coalesce(in_transit AND (
               SELECT (julianday(:until) - julianday(scan.scanned_at)) * 24
                      > due.promised_hours * :times
               FROM scans AS scan
               JOIN standards AS due ON due.product_id = parcel.product_id
                   AND due.step = scan.step + 1
               WHERE scan.waybill_no = parcel.waybill_no AND scan.scanned_at < :until
               ORDER BY scan.step DESC LIMIT 1
           ), 0) AS standing,
           NOT in_transit AND damaged AS damaged,
           -- When tracking went wrong isn't noted; a day after acceptance it has been seen.
           -- 物流信息何时出错没有记录，按收寄一天后可见处理。
           info_error AND accepted_at < :day AS info_error,
           fee > fee_quoted AS dearer,
           EXISTS (SELECT 1 FROM complaints AS k
                   WHERE k.customer_id = parcel.customer_id AND k.is_suggestion = 0
                     AND k.received_at < :until
                     AND k.received_at >= date(:day, '-89 days')) AS complained
    FROM (
        SELECT *, delivered_at IS NULL OR delivered_at >= :until AS in_transit
        FROM shipments
        WHERE accepted_at >= date(:day, '-' || :watch || ' days') AND accepted_at < :until
          AND (delivered_at IS NULL OR delivered_at >= :day)
    ) AS parcel
)
WHERE overdue OR came_late OR standing OR damaged OR info_error OR dearer
ORDER BY waybill_no
