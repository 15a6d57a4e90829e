from betatel_exporter.commands.narrator import Narrator


def page(*, failed: int = 2, up: int = 1, pending: int = 1, unreached: int = 0) -> str:
    return f"""
betatel_telegram_requests{{account="default",window="last5m"}} 50
betatel_telegram_transactions{{account="default",window="last5m"}} {50 - failed}
betatel_telegram_requests{{account="default",window="lasth"}} 600
betatel_telegram_transactions{{account="default",window="lasth"}} 580
betatel_telegram_requests{{account="default",window="last24h"}} 14400
betatel_telegram_transactions{{account="default",window="last24h"}} 14000
betatel_telegram_messages{{account="default",status="PENDING"}} {pending}
betatel_scrape_query_success{{account="default",query="stats/last5m"}} 1
betatel_scrape_query_success{{account="default",query="tdr/FAILED"}} {up}
betatel_telegram_recent_recipients{{account="default",country="Bosnia",network="BH",reached="true"}} 1
betatel_telegram_recent_recipients{{account="default",country="Bosnia",network="BH",reached="false"}} {unreached}
"""


def test_each_condition_is_said_when_it_begins_and_when_it_ends() -> None:
    cases = {
        page(failed=20): "40% of the requests of the last 5 minutes failed; usual: 2.8%",
        page(up=0): "the API does not answer tdr/FAILED: betatel_up is 0",
        page(pending=40): "messages are accepted and stay PENDING",
        page(unreached=9): "BH (Bosnia): 9 of 10 people got no code",
    }
    for shown, sentence in cases.items():
        narrator = Narrator()
        said = [narrator.changes(each) for each in (page(), shown, shown, page(), page())]
        assert said == [[], [sentence], [], [f"over: {sentence}"], []]
