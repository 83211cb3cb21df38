"""`pincite eval run`: its arguments, and the systems and files they name."""

import argparse
import sys
from contextlib import ExitStack
from pathlib import Path

from ui.cli_command import MODE_HELP, command, json_file, positive

CACHE = ".pincite-replies.sqlite"  # beside the run, shared by the runs of a folder


def add_run(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    run = command(
        commands, "run", "ask every gold question and score the answers", "pincite eval run gold.jsonl --out run.json"
    )
    run.add_argument("gold", metavar="GOLD", help="JSONL or YAML")
    run.add_argument(
        "--out", type=json_file, metavar="RUN.json", help="where to write answers and scores; after a stop, it goes on"
    )
    asked = run.add_mutually_exclusive_group()
    asked.add_argument("--mode", help=MODE_HELP)
    command_or_url = "another system: a command (JSON lines in and out), or an http address (POST)"
    asked.add_argument("--system", metavar="COMMAND|URL", help=command_or_url)
    chat = "a chat model at an OpenAI-compatible address, asked without passages"
    asked.add_argument("--system-chat", nargs=2, metavar=("URL", "MODEL"), help=chat)
    version = "what you call this state of the system; its answers are kept in the cache only under one"
    run.add_argument("--system-version", metavar="TEXT", help=version)
    limit_s = "for one question to another system (default 300)"
    run.add_argument("--time-limit", type=positive, default=300, metavar="SECONDS", help=limit_s)
    run.add_argument("--repeats", type=positive, default=1, metavar="K", help="ask each question K times (default 1)")
    run.add_argument("--limit", type=positive, metavar="N", help="the first N questions only")
    parallel = "questions at once, in mode openai and of other systems (default 1)"
    run.add_argument("--parallel", type=positive, default=1, metavar="N", help=parallel)
    cache = run.add_mutually_exclusive_group()
    cache.add_argument(
        "--cache", metavar="FILE", help=f"replies that are not asked for again (default {CACHE} by --out)"
    )
    cache.add_argument("--no-cache", action="store_true", help="ask for every reply")
    price = "of a million tokens, to show what was paid so far"
    run.add_argument("--price-in", type=float, metavar="PRICE", help=f"{price} (prompt)")
    run.add_argument("--price-out", type=float, metavar="PRICE", help=f"{price} (reply)")


def run(args: argparse.Namespace) -> int:
    from eval.gold_files import load_gold
    from eval.reply_cache import ReplyCache
    from eval.report_terminal import table
    from eval.runner import Spending, run_gold
    from eval.systems import opened_system
    from rag import open_library
    from ui.output import is_json, print_json
    from ui.progress import count_progress

    gold = load_gold(Path(args.gold))
    out = Path(args.out) if args.out else None
    if out:
        out.parent.mkdir(parents=True, exist_ok=True)
    has_prices = args.price_in is not None or args.price_out is not None
    spending = Spending((args.price_in or 0.0, args.price_out or 0.0) if has_prices else None)
    url, model = args.system_chat or (None, None)
    is_other = args.system is not None or url is not None
    mode = "extractive" if is_other else args.mode  # of another system the library gives the documents alone
    total = len(gold.questions[: args.limit]) * args.repeats
    with ExitStack() as stack:
        library = stack.enter_context(open_library(args.library, mode=mode, create=False))
        system = stack.enter_context(
            opened_system(
                library,
                system=args.system,
                chat_url=url,
                model=model,
                version=args.system_version,
                time_limit_s=args.time_limit,
            )
        )
        file = Path(args.cache) if args.cache else out.with_name(CACHE) if out and not args.no_cache else None
        cache = stack.enter_context(ReplyCache(file)) if file and system.provider else None
        advance = stack.enter_context(count_progress("questions", total))
        result = run_gold(
            system,
            gold,
            yardstick=Path(args.gold).stem,
            repeats=args.repeats,
            limit=args.limit,
            parallel=args.parallel,
            out=out,
            cache=cache,
            spending=spending,
            on_progress=advance,
        )
    print_json(result.to_json()["metrics"]) if is_json(args) else print(table(result))
    if paid := str(spending):
        print(f"pincite: {paid}", file=sys.stderr)
    if not result.has_too_many_errors:
        return 0
    errors = sum(item["error"] is not None for item in result.items)
    again = "run the same command again to ask these alone" if out else "give --out, to ask only these again"
    print(f"pincite: {errors} of {len(result.items)} have no answer, more than 1 in 100: {again}", file=sys.stderr)
    return 1
