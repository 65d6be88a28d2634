-- What is wrong with the record of cases that were told of: one row per fault and case.
-- 已反馈投诉的记录问题：一件一项一行。
-- :steps is JSON, process -> the steps that a complaint and a suggestion need; limits as in
-- content/crm/complaints.toml; :one is a single case, or NULL for all.
SELECT complaint_id, principle, what, agent_id FROM (
    -- recorded: a step or a note is missing 记录：缺步骤或缺说明
    SELECT c.complaint_id, 1 AS rank, 'record' AS principle, needed.value AS what, c.agent_id
    FROM complaints AS c
    LEFT JOIN complaint_cases AS k ON k.complaint_id = c.complaint_id
    JOIN json_each(:steps, '$.' || coalesce(k.process, 'seven')
                   || iif(c.is_suggestion, '_suggestion', '')) AS needed
    WHERE c.closed_at IS NOT NULL AND c.complaint_id = coalesce(:one, c.complaint_id)
      AND NOT EXISTS (SELECT 1 FROM complaint_steps AS s
                      WHERE s.complaint_id = c.complaint_id AND s.step = needed.value)
    UNION ALL
    SELECT s.complaint_id, 2, 'record', s.step || ': note', c.agent_id
    FROM complaint_steps AS s JOIN complaints AS c ON c.complaint_id = s.complaint_id
    WHERE c.closed_at IS NOT NULL AND s.note_code IS NULL
      AND s.complaint_id = coalesce(:one, s.complaint_id)
      AND s.step IN ('receive', 'confirm', 'apologise', 'analyse', 'feed_back')
    UNION ALL
    -- responsibility: nobody is named 责任：没有责任部门
    SELECT complaint_id, 3, 'responsibility', 'responsible_dept', agent_id
    FROM complaints
    WHERE closed_at IS NOT NULL AND responsible_dept IS NULL
      AND complaint_id = coalesce(:one, complaint_id)
    UNION ALL
    -- in time: answer, end, hand-over 及时：答复、办结、转交
    SELECT complaint_id, 4, 'in_time', 'first_response', agent_id
    FROM complaints
    WHERE closed_at IS NOT NULL AND complaint_id = coalesce(:one, complaint_id)
      AND (julianday(first_response_at) - julianday(received_at)) * 24 > :answer_hours
    UNION ALL
    SELECT complaint_id, 5, 'in_time', 'closed', agent_id
    FROM complaints
    WHERE closed_at IS NOT NULL AND complaint_id = coalesce(:one, complaint_id)
      AND julianday(closed_at) - julianday(received_at) > :handle_days
    UNION ALL
    SELECT s.complaint_id, 6, 'in_time', 'hand_over: ' || s.dept, c.agent_id
    FROM complaint_steps AS s JOIN complaints AS c ON c.complaint_id = s.complaint_id
    WHERE c.closed_at IS NOT NULL AND s.complaint_id = coalesce(:one, s.complaint_id)
      AND (julianday(s.taken_at) - julianday(s.passed_at)) * 24 > :hand_over_hours
    UNION ALL
    -- strong front line: who took the call could not decide 一线：经办人无权决定
    SELECT s.complaint_id, 7, 'front_line', 'management', c.agent_id
    FROM complaint_steps AS s JOIN complaints AS c ON c.complaint_id = s.complaint_id
    WHERE c.closed_at IS NOT NULL AND s.dept = 'management'
      AND s.complaint_id = coalesce(:one, s.complaint_id)
    UNION ALL
    -- prevented: the same cause came back to the same customer 预防：同一客户因同一原因再次投诉
    SELECT c.complaint_id, 8, 'prevent', c.root_cause, c.agent_id
    FROM complaints AS c
    WHERE c.closed_at IS NOT NULL AND c.complaint_id = coalesce(:one, c.complaint_id)
      AND EXISTS (SELECT 1 FROM complaints AS b
                  WHERE b.customer_id = c.customer_id AND b.root_cause = c.root_cause
                    AND b.received_at < c.received_at
                    AND b.received_at >= date(c.received_at, '-' || :again_days || ' days'))
)
ORDER BY complaint_id, rank, what
