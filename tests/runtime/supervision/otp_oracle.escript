#!/usr/bin/env escript
%%! -noinput
%% Runs the cases of a file under Erlang/OTP's own `supervisor` and prints what it did:
%%
%%   escript otp_oracle.escript CASES
%%
%% What is printed is what the supervisors were seen to do: their calls of the start functions and of exit/2 and their
%% own ends are traced. Nothing is reported by the children, and nothing waits for a moment that only seems long enough.
%%
%% The file holds Erlang terms: {Number, Root, Steps}.
%%   child: {worker, Name, Restart, Shutdown, Significant, Stubborn, FailingStarts}
%%        | {supervisor, Name, Restart, Significant, Strategy, Intensity, Period, AutoShutdown, Children}
%%          A stubborn worker ignores `shutdown`. FailingStarts: which of its starts crash, counted from 1.
%%   step:  {ends, [{Name, normal | shutdown | crash | kill}]}: children of one supervisor end, before it hears of any
%%        | {pass, Seconds}
%%        | {terminate | restart | delete, Supervisor, Name} | {add, Supervisor, Child}
%%        | stop: the root is told to shut down
-module(otp_oracle).
-mode(compile).
-behaviour(supervisor).
-export([main/1, init/1, start_worker/2, start_supervisor/2, run_worker/1]).

%% notes: a table that the supervisors write to as well: starts so far by name, names by pid, what is a supervisor.
-record(run, {tracer, notes, root, names = #{}, ended = #{}}).

main([File]) ->
    ok = logger:set_primary_config(level, none),
    {ok, Cases} = file:consult(File),
    Returning = [{'_', [], [{return_trace}]}],
    1 = erlang:trace_pattern({erlang, exit, 2}, true, []),
    1 = erlang:trace_pattern({?MODULE, start_worker, 2}, Returning, []),
    1 = erlang:trace_pattern({?MODULE, start_supervisor, 2}, Returning, []),
    run_all(Cases, queue:new(), 8 * erlang:system_info(schedulers)).

%% Several cases at a time, because some wait until a child has to be killed; printed in their order.
run_all([Case | Rest], Running, Free) when Free > 0 ->
    run_all(Rest, queue:in(spawn_monitor(fun() -> exit({lines, run_case(Case)}) end), Running), Free - 1);
run_all(Cases, Running, Free) ->
    case queue:out(Running) of
        {empty, _} -> ok;
        {{value, {_, Monitor}}, Others} ->
            receive
                {'DOWN', Monitor, process, _, {lines, Lines}} ->
                    io:put_chars(Lines),
                    run_all(Cases, Others, Free + 1);
                {'DOWN', Monitor, process, _, Reason} ->
                    io:format(standard_error, "a case failed: ~p~n", [Reason]),
                    halt(1)
            end
    end.

run_case({Number, Root, Steps}) ->
    process_flag(trap_exit, true),
    Tracer = spawn_link(fun() -> collect([]) end),
    Notes = ets:new(notes, [public]),
    1 = erlang:trace(self(), true, [call, procs, set_on_spawn, strict_monotonic_timestamp, {tracer, Tracer}]),
    Pid = case ?MODULE:start_supervisor(Notes, Root) of
              {ok, Started} -> Started;
              {error, _} -> none
          end,
    {Start, Run} = outcome([], #run{tracer = Tracer, notes = Notes, root = Pid}),
    {Lines, _} = lists:mapfoldl(fun step/2, Run, Steps),
    [io_lib:format("case ~b~n", [Number]), Start, Lines].

%% -- steps

step(Step, Run) ->
    case tree(Run#run.root) of
        over -> {["over\n"], Run};
        Alive ->
            {Said, Run1} = carry_out(Step, Alive, Run),
            outcome(Said, Run1)
    end.

carry_out({ends, Ends}, Alive, Run) ->
    Dying = [{Pid, Supervisor, Kind} || {Name, Kind} <- Ends, {Living, Pid, Supervisor} <- Alive, Living =:= Name],
    %% The supervisor stands still until all the ends are in its mailbox, in their order.
    Supervisors = lists:usort([Supervisor || {_, Supervisor, _} <- Dying]),
    [erlang:suspend_process(Supervisor) || Supervisor <- Supervisors],
    [begin finish(Pid, Kind), await_exit_message(Supervisor, Pid) end || {Pid, Supervisor, Kind} <- Dying],
    [erlang:resume_process(Supervisor) || Supervisor <- Supervisors],
    Ended = maps:from_list([{Pid, true} || {Pid, _, _} <- Dying]),
    {[], Run#run{ended = maps:merge(Run#run.ended, Ended)}};
carry_out({pass, Seconds}, Alive, Run) ->
    [pass(Supervisor, Seconds) || Supervisor <- supervisors(Alive, Run)],
    {[], Run};
carry_out(stop, _, Run) ->
    exit(Run#run.root, shutdown),
    receive {'EXIT', Root, _} when Root =:= Run#run.root -> ok end,
    {[], Run};
carry_out({Command, Name, Argument}, Alive, Run) ->
    Root = Run#run.root,
    Said = case [Pid || {Pid, Living} <- [{Root, maps:get(Root, Run#run.names)} | [{P, N} || {N, P, _} <- Alive]],
                        Living =:= Name] of
               [] -> [];
               [Pid] -> [command(Command, Pid, Argument, Run), "\n"]
           end,
    {Said, Run}.

finish(Pid, kill) -> exit(Pid, kill);
finish(Pid, Kind) -> Pid ! {finish, Kind}.

await_exit_message(Supervisor, Pid) ->
    {messages, Messages} = process_info(Supervisor, messages),
    case [true || {'EXIT', From, _} <- Messages, From =:= Pid] of
        [] -> erlang:yield(), await_exit_message(Supervisor, Pid);
        _ -> ok
    end.

%% OTP takes its time from the machine. That seconds pass for a supervisor means that its restarts are so much older.
pass(Supervisor, Seconds) ->
    sys:replace_state(Supervisor,
                      fun(State) ->
                              Restarts = element(8, State),
                              true = lists:all(fun is_integer/1, Restarts),
                              setelement(8, State, [At - Seconds || At <- Restarts])
                      end).

supervisors(Alive, Run) -> [Run#run.root | [Pid || {Name, Pid, _} <- Alive, ets:member(Run#run.notes, {supervisor, Name})]].

command(terminate, Pid, Name, _) -> verdict(supervisor:terminate_child(Pid, Name));
command(restart, Pid, Name, _) -> verdict(supervisor:restart_child(Pid, Name));
command(delete, Pid, Name, _) -> verdict(supervisor:delete_child(Pid, Name));
command(add, Pid, Child, Run) -> verdict(supervisor:start_child(Pid, specification(Run#run.notes, Child))).

verdict(ok) -> "done";
verdict({ok, _}) -> "done";
verdict({error, _}) -> "refused".

%% -- what can be seen

%% Everybody who lives, as {Name, Pid, Supervisor}, once nobody is about to do anything; or `over`.
tree(none) -> over;
tree(Root) ->
    try below(Root)
    catch
        exit:_ ->
            case is_process_alive(Root) of
                false -> over;
                true -> tree(Root)
            end;
        throw:unsettled -> tree(Root)
    end.

below(Supervisor) ->
    lists:flatmap(fun({_, restarting, _, _}) -> throw(unsettled);
                     ({_, undefined, _, _}) -> [];
                     ({Name, Pid, worker, _}) -> [{Name, Pid, Supervisor}];
                     ({Name, Pid, supervisor, _}) -> [{Name, Pid, Supervisor} | below(Pid)]
                  end, supervisor:which_children(Supervisor)).

outcome(Said, Run) ->
    Alive = tree(Run#run.root),
    Delivered = erlang:trace_delivered(all),
    receive {trace_delivered, all, Delivered} -> ok end,
    Run#run.tracer ! {take, self()},
    Seen = receive {seen, Traces} -> lists:sort([{element(tuple_size(T), T), T} || T <- Traces]) end,
    {Events, Run1} = lists:mapfoldl(fun({_, Trace}, R) -> event(Trace, R) end, Run, Seen),
    End = case Alive of
              over -> "over\n";
              _ -> [lists:join(" ", ["alive" | lists:sort([atom_to_list(Name) || {Name, _, _} <- Alive])]), "\n"]
          end,
    {[Events, Said, End], Run1}.

collect(Traces) ->
    receive
        {take, From} -> From ! {seen, Traces}, collect([]);
        Trace -> collect([Trace | Traces])
    end.

event({trace_ts, _, call, {_, start_supervisor, [_, Child]}, _}, Run) -> {line("start", element(2, Child)), Run};
event({trace_ts, _, return_from, {_, start_supervisor, 2}, {error, {failed, Name}}, _}, Run) -> {line("fail", Name), Run};
event({trace_ts, _, return_from, {_, start_supervisor, 2}, {ok, Pid}, _}, Run) -> {[], named(Pid, Run)};
event({trace_ts, _, return_from, {_, start_worker, 2}, {ok, Pid}, _}, Run) ->
    Run1 = named(Pid, Run),
    {line("start", maps:get(Pid, Run1#run.names)), Run1};
event({trace_ts, _, return_from, {_, start_worker, 2}, {error, {failed, Name}}, _}, Run) -> {line("fail", Name), Run};
event({trace_ts, By, call, {erlang, exit, [Pid, Reason]}, _}, Run) when By =/= self() ->
    case Run#run.names of
        %% A supervisor may tell a child that is dead already.
        #{Pid := Name} when not is_map_key(Pid, Run#run.ended) ->
            {line(case Reason of kill -> "kill"; shutdown -> "stop" end, Name), Run};
        _ -> {[], Run}
    end;
event({trace_ts, Pid, exit, _, _}, Run) ->
    case Run#run.names of
        #{Pid := Name} when not is_map_key(Pid, Run#run.ended) ->
            case ets:lookup(Run#run.notes, {supervisor, Name}) of
                [] -> {[], Run};
                _ -> {line("end", Name), Run}
            end;
        _ -> {[], Run}
    end;
event(_, Run) -> {[], Run}.

line(What, Name) -> io_lib:format("~s ~s~n", [What, Name]).

named(Pid, Run) ->
    [{_, Name}] = ets:lookup(Run#run.notes, Pid),
    Run#run{names = (Run#run.names)#{Pid => Name}}.

%% -- what is supervised

start_supervisor(Notes, Child) ->
    Name = element(2, Child),
    ets:insert(Notes, {{supervisor, Name}}),
    case supervisor:start_link(?MODULE, {Notes, Child}) of
        {ok, Pid} -> ets:insert(Notes, {Pid, Name}), {ok, Pid};
        {error, _} -> {error, {failed, Name}}
    end.

init({Notes, {supervisor, _, _, _, Strategy, Intensity, Period, AutoShutdown, Children}}) ->
    {ok, {#{strategy => Strategy, intensity => Intensity, period => Period, auto_shutdown => AutoShutdown},
          [specification(Notes, Child) || Child <- Children]}}.

specification(Notes, {worker, Name, Restart, Shutdown, Significant, _, _} = Child) ->
    #{id => Name, start => {?MODULE, start_worker, [Notes, Child]}, restart => Restart, shutdown => Shutdown,
      significant => Significant, type => worker};
specification(Notes, {supervisor, Name, Restart, Significant, _, _, _, _, _} = Child) ->
    #{id => Name, start => {?MODULE, start_supervisor, [Notes, Child]}, restart => Restart, shutdown => infinity,
      significant => Significant, type => supervisor}.

start_worker(Notes, {worker, Name, _, _, _, Stubborn, FailingStarts}) ->
    Attempt = ets:update_counter(Notes, Name, 1, {Name, 0}),
    case proc_lib:start_link(?MODULE, run_worker, [{self(), Stubborn, lists:member(Attempt, FailingStarts)}]) of
        {ok, Pid} -> ets:insert(Notes, {Pid, Name}), {ok, Pid};
        {error, _} -> {error, {failed, Name}}
    end.

run_worker({_, _, true}) -> exit(cannot_start);
run_worker({Supervisor, Stubborn, false}) ->
    process_flag(trap_exit, Stubborn),
    proc_lib:init_ack({ok, self()}),
    work(Supervisor).

work(Supervisor) ->
    receive
        {finish, Kind} -> exit(Kind);
        {'EXIT', Supervisor, shutdown} -> work(Supervisor);
        {'EXIT', Supervisor, Reason} -> exit(Reason)
    end.
