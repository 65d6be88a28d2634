-- What happened with one lead: noted, contacts, versions of the proposal, moves. 一条线索的经过。
SELECT substr(at, 1, 16) AS at, kind, detail, user FROM (
    SELECT created_on AS at, 0 AS rank, 'noted' AS kind, source_method AS detail,
           owner_agent_id AS user
    FROM leads WHERE lead_id = :lead
    UNION ALL
    SELECT at, 1, kind, note, NULL FROM lead_contacts WHERE lead_id = :lead
    UNION ALL
    SELECT p.sent_on, 2, 'version',
           p.version || ' · ' || p.product_id
               || iif(p.discount > 0, ' · −' || round(p.discount * 100, 1) || '%', ''),
           NULL
    FROM proposals p JOIN deals d USING (deal_id) WHERE d.lead_id = :lead
    UNION ALL
    SELECT at, 3, 'move', old || ' → ' || new, user
    FROM changes WHERE table_name = 'leads' AND key = :lead AND "column" = 'stage'
) ORDER BY substr(at, 1, 10), rank, at
