-- SPDX-License-Identifier: Apache-2.0
-- The server's answers for the suite `differential`, in the form that evaluate.c describes. The table `input` is there;
-- answer() asks for everything at once and, when that fails, row by row, so that each row has its own SQLSTATE.
create function answer(number int, zone text, kind text, body text) returns text language plpgsql as $$
declare
    statement text := case kind when 'x' then 'select (' || body || ') as v from input'
                                when 'c' then 'select (' || body || ') as v from input where id = 1' else body end;
    types text;
    answers text[];
    one text;
    place int;
    value constant text := 'case when v is null then null else ''='' || format(''%s'', v) end';
begin
    perform set_config('timezone', zone, false);
    begin
        execute 'create temp view asked as ' || statement;
        select string_agg(format_type(atttypid, atttypmod), ',' order by attnum) into types
        from pg_attribute where attrelid = 'asked'::regclass and attnum > 0;
        drop view asked;
    exception when others then
        return json_build_array(number, '!' || sqlstate, '[]'::json);
    end;
    begin
        if kind = 's' then
            execute 'select array_agg(''='' || format(''%s'', q)) from (' || statement || ') q' into answers;
        else
            execute 'select array_agg(' || value || ') from (' || statement || ') q' into answers;
        end if;
    exception when others then
        answers := array['!' || sqlstate];
    end;
    if kind = 'x' and answers[1] like '!%' and cardinality(answers) = 1 then
        answers := '{}';
        for place in select id from input order by id loop
            begin
                execute 'select ' || value || ' from (' || statement || ' where id = ' || place || ') q' into one;
            exception when others then
                one := '!' || sqlstate;
            end;
            answers := answers || one;
        end loop;
    end if;
    return json_build_array(number, types, array_to_json(coalesce(answers, '{}')));
end
$$;
