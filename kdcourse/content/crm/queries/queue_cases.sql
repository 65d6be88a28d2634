-- Complaints that came in from :start to before :until, with the customer's grade. 一段时间内收到的投诉及客户等级。
SELECT c.complaint_id, coalesce(g.grade, 'ungraded') AS grade, c.received_at
FROM complaints AS c LEFT JOIN current_grades AS g ON g.customer_id = c.customer_id
WHERE c.received_at >= :start AND c.received_at < :until AND c.is_suggestion = 0
ORDER BY c.received_at, c.complaint_id
