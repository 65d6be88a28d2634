-- One case as it stands: the record, what the desk keeps of it, its last step, who has it.
-- 一件投诉的现状：记录、投诉台的补充内容、最后一步、现在由谁处理。
SELECT c.complaint_id, c.customer_id, c.category, c.is_suggestion, c.priority, c.agent_id,
       c.received_at, c.first_response_at, c.row_version,
       coalesce(k.process, 'seven') AS process, k.content, k.offer_kind, k.offer, k.approved,
       k.agreed, k.satisfied,
       last.step, last.at, last.seq,
       h.no AS pass_no, h.to_dept, h.passed_at, h.taken_at, a.empowered_limit
FROM complaints AS c
JOIN agents AS a ON a.agent_id = c.agent_id
LEFT JOIN complaint_cases AS k ON k.complaint_id = c.complaint_id
LEFT JOIN complaint_steps AS last ON last.complaint_id = c.complaint_id
    AND last.seq = (SELECT max(seq) FROM complaint_steps AS s WHERE s.complaint_id = c.complaint_id)
LEFT JOIN hand_overs AS h ON h.complaint_id = c.complaint_id
    AND h.no = (SELECT max(no) FROM hand_overs AS x WHERE x.complaint_id = c.complaint_id)
WHERE c.complaint_id = :case
