-- Open leads, with the day since which each has been in its stage. 未结束的线索，以及进入当前阶段的日期。
-- A move at the desk stands in changes; for what is older, the records themselves tell.
-- 工作台上的阶段变动见 changes；更早的由各表自身记录推得。
-- :limits is JSON, stage -> days after which a lead is stuck; :today the CRM's date.
SELECT lead_id, deal_id, name, stage, owner_agent_id, since,
       CAST(julianday(:today) - julianday(since) AS INTEGER) AS days,
       julianday(:today) - julianday(since) > json_extract(:limits, '$.' || stage) AS stuck,
       monthly_value, row_version
FROM (
    SELECT l.lead_id, d.deal_id, l.name, l.stage, l.owner_agent_id, l.row_version, d.monthly_value,
           coalesce(
               (SELECT date(max(c.at)) FROM changes AS c
                WHERE c.table_name = 'leads' AND c.key = l.lead_id AND c."column" = 'stage'),
               CASE l.stage
                   WHEN 'contacted' THEN (SELECT date(min(t.at)) FROM lead_contacts AS t
                                          WHERE t.lead_id = l.lead_id)
                   WHEN 'proposal' THEN d.opened_on
               END,
               l.created_on
           ) AS since
    FROM leads AS l LEFT JOIN deals AS d ON d.lead_id = l.lead_id
    WHERE l.stage IN ('new', 'contacted', 'proposal')
)
ORDER BY CASE stage WHEN 'new' THEN 1 WHEN 'contacted' THEN 2 ELSE 3 END, since, lead_id
