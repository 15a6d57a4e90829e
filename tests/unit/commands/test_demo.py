from betatel_exporter.commands.demo import summary

PAGE = """
betatel_up{account="default"} 1.0
betatel_telegram_requests{account="default",window="last5m"} 50.0
betatel_telegram_requests{account="default",window="lasth"} 600.0
betatel_telegram_transactions{account="default",window="last5m"} 46.0
betatel_telegram_messages{account="default",status="PENDING"} 3.0
betatel_telegram_recent_recipients{account="default",country="Bosnia",network="BH",reached="true"} 30.0
betatel_telegram_recent_recipients{account="default",country="Bosnia",network="BH",reached="false"} 2.0
betatel_scrape_query_success{account="default",query="stats/last5m"} 1.0
betatel_scrape_query_success{account="default",query="tdr/FAILED"} 0.0
"""


def test_a_page_is_summed_up_in_a_line() -> None:
    assert summary(PAGE) == (
        "4 of 50 requests failed in 5 minutes, 3 messages PENDING, 2 of 32 recipients not reached"
    )
    assert summary(PAGE.replace('betatel_up{account="default"} 1', 'betatel_up{account="default"} 0')) == (
        "betatel_up 0, 1 queries succeeded"
    )
