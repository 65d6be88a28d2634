-- After-sales tickets that are not solved for longer than :hours. 超过时限仍未解决的售后工单。
SELECT ticket_id, customer_id, type, cause, agent_id, raised_at,
       round((julianday(:now) - julianday(raised_at)) * 24, 1) AS hours
FROM after_sales
WHERE solved_at IS NULL AND (julianday(:now) - julianday(raised_at)) * 24 > :hours
ORDER BY hours DESC, ticket_id
