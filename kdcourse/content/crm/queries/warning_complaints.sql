-- Complaints about a parcel that came in from :start to before :until. 一段时间内针对具体快件的投诉。
SELECT waybill_no, min(received_at) AS received_at
FROM complaints
WHERE waybill_no IS NOT NULL AND is_suggestion = 0
  AND received_at >= :start AND received_at < :until
GROUP BY waybill_no
