-- Parcels that stand still: not delivered, not lost, and the next scan is overdue. 停滞的快件。
-- The standard of the next link times :times is how long it may take; :now is the CRM's time.
SELECT s.waybill_no, s.customer_id, s.product_id, last.step AS last_step, last.site,
       last.scanned_at,
       round((julianday(:now) - julianday(last.scanned_at)) * 24, 1) AS hours,
       due.stage AS waits_for, due.promised_hours AS standard_hours, s.promised_at
FROM shipments AS s
JOIN scans AS last ON last.waybill_no = s.waybill_no
    AND last.step = (SELECT max(step) FROM scans AS x WHERE x.waybill_no = s.waybill_no)
JOIN standards AS due ON due.product_id = s.product_id AND due.step = last.step + 1
WHERE s.delivered_at IS NULL AND s.lost = 0
  AND (julianday(:now) - julianday(last.scanned_at)) * 24 > due.promised_hours * :times
ORDER BY hours DESC, s.waybill_no
