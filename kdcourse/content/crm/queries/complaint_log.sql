-- Everything that was done with one case, oldest first: steps and passings. 一件投诉的完整日志。
SELECT at, event, what, who, dept, note FROM (
    SELECT at, seq, 0 AS no, 'step' AS event, step AS what,
           coalesce(agent_id, dept) AS who, dept, note_code AS note
    FROM complaint_steps WHERE complaint_id = :case
    UNION ALL
    SELECT passed_at, seq, no * 2, 'pass', from_dept || ' → ' || to_dept, passed_by, to_dept, why
    FROM hand_overs WHERE complaint_id = :case
    UNION ALL
    SELECT taken_at, seq, no * 2 + 1, 'take', to_dept, taken_by, to_dept, NULL
    FROM hand_overs WHERE complaint_id = :case AND taken_at IS NOT NULL
)
ORDER BY seq, no
