"""Alerts: Prefect automations that tell a webhook what a night came to, and that crash runs which nobody hears of any more.

The deployment sets them up for the address in YUSUAN_ALERT_WEBHOOK, through a block `yusuan-alerts` of the type Custom Webhook, which
people may edit in the page. One message for a run that is not ok, one for a night that did not begin, one for 26 hours without any.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from prefect.blocks.notifications import CustomWebhookNotificationBlock
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.objects import StateType
from prefect.events.actions import ChangeFlowRunState, SendNotification
from prefect.events.schemas.automations import AutomationCore, EventTrigger, Posture
from prefect.events.schemas.events import ResourceSpecification

BLOCK = "yusuan-alerts"
WEBHOOK = "YUSUAN_ALERT_WEBHOOK"
NOT_OK = ("Failed", "Crashed", "TimedOut", "Suspicious", "Incomplete", "Damaged")
"""Names of the states that somebody must hear of; Prefect makes an event of each name."""
ENDED = ("Completed", *NOT_OK)
NO_NIGHT_FOR = timedelta(hours=26)
SILENT_FOR = timedelta(minutes=5)
"""A run that beats every half minute and was not heard of for so long is crashed."""
SUBJECT = "yusuan: {{ flow_run.name }}: {{ flow_run.state.name }}"
BODY = "{{ flow_run.state.message }}\n{{ flow_run|ui_url }}"


def set_up(client: SyncPrefectClient, deployments: Sequence[UUID], nightly: UUID) -> bool:
    """Register the automations anew for these deployments; whether alerts go anywhere (YUSUAN_ALERT_WEBHOOK, or a block of before)."""
    block = _block()
    wanted = [_zombies(deployments)]
    if block is not None:
        wanted += [
            _alert("a run is not ok", block, NOT_OK, deployments),
            _alert("a night is late", block, ("Late",), [nightly]),
            AutomationCore(
                name="yusuan: no night for 26 hours",
                trigger=EventTrigger(
                    expect=_events(ENDED), match_related=_of([nightly]), posture=Posture.Proactive, threshold=1,
                    within=NO_NIGHT_FOR,
                ),
                actions=[
                    SendNotification(
                        block_document_id=block, subject="yusuan: no night ended for 26 hours",
                        body="No run of nightly has ended for 26 hours: is its schedule on, does a worker live? `yusuan portals status --since 26h`",
                    )
                ],
            ),
        ]  # fmt: skip
    for automation in wanted:
        for old in client.read_automations_by_name(automation.name):
            client.delete_automation(old.id)
        client.create_automation(automation)
    return block is not None


def _events(states: Sequence[str]) -> set[str]:
    return {f"prefect.flow-run.{state}" for state in states}


def _of(deployments: Sequence[UUID]) -> ResourceSpecification:
    return ResourceSpecification({"prefect.resource.id": [f"prefect.deployment.{one}" for one in deployments]})


def _alert(name: str, block: UUID, states: Sequence[str], deployments: Sequence[UUID]) -> AutomationCore:
    return AutomationCore(
        name=f"yusuan: {name}",
        trigger=EventTrigger(
            expect=_events(states), match_related=_of(deployments), posture=Posture.Reactive, threshold=1,
            within=timedelta(0), for_each={"prefect.resource.id"},
        ),
        actions=[SendNotification(block_document_id=block, subject=SUBJECT, body=BODY)],
    )  # fmt: skip


def _zombies(deployments: Sequence[UUID]) -> AutomationCore:
    return AutomationCore(
        name="yusuan: runs that nobody hears of are crashed",
        trigger=EventTrigger(
            after={"prefect.flow-run.heartbeat"}, expect={"prefect.flow-run.heartbeat", *_events((*ENDED, "Cancelled", "Missed"))},
            match=ResourceSpecification({"prefect.resource.id": ["prefect.flow-run.*"]}), match_related=_of(deployments),
            for_each={"prefect.resource.id"}, posture=Posture.Proactive, threshold=1, within=SILENT_FOR,
        ),
        actions=[
            ChangeFlowRunState(
                name="Crashed", state=StateType.CRASHED, force=True, message="not heard of for five minutes: its process, its machine or its network is gone 失去联系"
            )
        ],
    )  # fmt: skip


def _block() -> UUID | None:
    address = os.environ.get(WEBHOOK)
    if address:
        made = CustomWebhookNotificationBlock(
            name=BLOCK,
            url=address,
            headers=None,
            cookies=None,
            json_data={"title": "{{subject}}", "text": "{{body}}"},
        )
        return UUID(str(made.save(BLOCK, overwrite=True)))
    try:
        kept = CustomWebhookNotificationBlock.load(BLOCK)
    except ValueError:
        return None
    assert isinstance(kept, CustomWebhookNotificationBlock)
    return kept._block_document_id
