-- Cases that are not told of yet, or were reopened: what each waits for and by when it is due.
-- 尚未告知结果或被再次提起的投诉：停在哪一步、何时到期。
-- :days is the law's time to handle and tell; it begins anew when the customer comes back.
SELECT c.complaint_id, c.customer_id, g.grade, c.category, c.priority, c.agent_id,
       last.step, last.at AS since, coalesce(h.to_dept, 'service') AS dept,
       h.no IS NOT NULL AND h.taken_at IS NULL AS waits, c.received_at,
       strftime('%Y-%m-%d %H:%M', CASE last.step WHEN 'reopen' THEN last.at ELSE c.received_at END,
                '+' || :days || ' days') AS due_at
FROM complaints AS c
JOIN complaint_steps AS last ON last.complaint_id = c.complaint_id
    AND last.seq = (SELECT max(seq) FROM complaint_steps AS s WHERE s.complaint_id = c.complaint_id)
LEFT JOIN hand_overs AS h ON h.complaint_id = c.complaint_id
    AND h.no = (SELECT max(no) FROM hand_overs AS x WHERE x.complaint_id = c.complaint_id)
LEFT JOIN current_grades AS g ON g.customer_id = c.customer_id
WHERE last.step NOT IN ('feed_back', 'file')
ORDER BY due_at, c.complaint_id
