// What scenarios of TranscriptTests say; written with ZAB_TRANSCRIPTS=write.

enum Transcripts {
  static let all: [String: String] = [
    "election": """
    1 1: → 2 looking, round 1, for 1 with 0x0 of epoch 0
    1 1: → 3 looking, round 1, for 1 with 0x0 of epoch 0
    1 1: → 2 looking, round 1, for 1 with 0x0 of epoch 0
    1 1: → 3 looking, round 1, for 1 with 0x0 of epoch 0
    1 2: → 1 looking, round 1, for 2 with 0x0 of epoch 0
    1 2: → 3 looking, round 1, for 2 with 0x0 of epoch 0
    1 2: → 1 looking, round 1, for 2 with 0x0 of epoch 0
    1 1: → 2 looking, round 1, for 1 with 0x0 of epoch 0
    1 2: → 3 looking, round 1, for 2 with 0x0 of epoch 0
    1 1: → 2 looking, round 1, for 2 with 0x0 of epoch 0
    1 1: → 3 looking, round 1, for 2 with 0x0 of epoch 0
    1 3: → 1 looking, round 1, for 3 with 0x0 of epoch 0
    1 3: → 2 looking, round 1, for 3 with 0x0 of epoch 0
    1 3: → 1 looking, round 1, for 3 with 0x0 of epoch 0
    1 1: → 3 looking, round 1, for 2 with 0x0 of epoch 0
    1 3: → 2 looking, round 1, for 3 with 0x0 of epoch 0
    1 2: → 3 looking, round 1, for 2 with 0x0 of epoch 0
    1 1: → 2 looking, round 1, for 3 with 0x0 of epoch 0
    1 1: → 3 looking, round 1, for 3 with 0x0 of epoch 0
    1 2: → 1 looking, round 1, for 3 with 0x0 of epoch 0
    1 2: → 3 looking, round 1, for 3 with 0x0 of epoch 0
    21 1: → 3 followerInfo 0x0
    21 2: → 3 followerInfo 0x0
    21 3: writes acceptedEpoch 1
    21 3: → 1 leaderInfo 0x100000000
    21 3: → 2 leaderInfo 0x100000000
    21 1: writes acceptedEpoch 1
    21 2: writes acceptedEpoch 1
    21 1: → 3 ackEpoch 0x0
    21 2: → 3 ackEpoch 0x0
    21 3: writes currentEpoch 1
    21 3: → 1 difference 0x0
    21 3: → 1 newLeader 0x100000000
    21 3: → 2 difference 0x0
    21 3: → 2 newLeader 0x100000000
    21 1: writes currentEpoch 1
    21 2: writes currentEpoch 1
    21 1: → 3 ack 0x100000000
    21 2: → 3 ack 0x100000000
    21 3: commits up to 0x0
    21 3: serves in leading, epoch 1
    21 3: → 1 upToDate 0xffffffffffffffff
    21 3: → 2 upToDate 0xffffffffffffffff
    21 1: commits up to 0x0
    21 1: serves in following(3), epoch 1
    21 1: → 3 ack 0x100000000
    21 2: commits up to 0x0
    21 2: serves in following(3), epoch 1
    21 2: → 3 ack 0x100000000
    0 committed
    """,
    "broadcast": """
    460 3: logs 0x100000001
    460 3: → 1 proposal 0x100000001
    460 3: → 2 proposal 0x100000001
    460 1: → 3 request 0xffffffffffffffff
    460 1: logs 0x100000001
    460 2: logs 0x100000001
    460 2: → 3 ack 0x100000001
    460 1: → 3 ack 0x100000001
    460 3: commits up to 0x100000001
    460 3: → 1 commit 0x100000001
    460 3: → 2 commit 0x100000001
    460 3: → 4 inform 0x100000001
    460 1: commits up to 0x100000001
    460 2: commits up to 0x100000001
    460 4: logs 0x100000001
    460 4: commits up to 0x100000001
    460 3: → 1 sync 0x0
    1 committed
    """,
    "difference": """
    180 1: → 2 looking, round 1, for 1 with 0x0 of epoch 1
    180 1: → 3 looking, round 1, for 1 with 0x0 of epoch 1
    180 1: → 2 looking, round 1, for 1 with 0x0 of epoch 1
    180 2: → 1 following, round 1, for 3 with 0x0 of epoch 1
    180 1: → 3 looking, round 1, for 1 with 0x0 of epoch 1
    180 3: → 1 leading, round 1, for 3 with 0x0 of epoch 1
    180 2: → 1 following, round 1, for 3 with 0x0 of epoch 1
    180 3: → 1 leading, round 1, for 3 with 0x0 of epoch 1
    180 2: → 1 following, round 1, for 3 with 0x0 of epoch 1
    180 3: → 1 leading, round 1, for 3 with 0x0 of epoch 1
    180 1: → 3 followerInfo 0x100000000
    180 3: → 1 leaderInfo 0x100000000
    180 1: → 3 ackEpoch 0x0
    180 3: → 1 difference 0x100000002
    180 3: → 1 proposal 0x100000001
    180 3: → 1 commit 0x100000001
    180 3: → 1 proposal 0x100000002
    180 3: → 1 commit 0x100000002
    180 3: → 1 newLeader 0x100000000
    180 1: logs 0x100000001
    180 1: logs 0x100000002
    180 1: → 3 ack 0x100000000
    180 3: → 1 upToDate 0xffffffffffffffff
    180 1: commits up to 0x100000002
    180 1: serves in following(3), epoch 1
    180 1: → 3 ack 0x100000000
    2 committed
    """,
    "truncation": """
    1210 1: → 2 following, round 2, for 2 with 0x0 of epoch 2
    1210 2: → 1 leading, round 2, for 2 with 0x0 of epoch 2
    1210 1: → 3 following, round 2, for 2 with 0x0 of epoch 2
    1210 2: → 3 leading, round 2, for 2 with 0x0 of epoch 2
    1210 3: → 1 looking, round 1, for 3 with 0x100000001 of epoch 1
    1210 3: → 2 looking, round 1, for 3 with 0x100000001 of epoch 1
    1210 3: → 1 looking, round 1, for 3 with 0x100000001 of epoch 1
    1210 1: → 3 following, round 2, for 2 with 0x0 of epoch 2
    1210 3: → 2 looking, round 1, for 3 with 0x100000001 of epoch 1
    1210 2: → 3 leading, round 2, for 2 with 0x0 of epoch 2
    1210 1: → 3 following, round 2, for 2 with 0x0 of epoch 2
    1210 2: → 3 leading, round 2, for 2 with 0x0 of epoch 2
    1210 1: → 3 following, round 2, for 2 with 0x0 of epoch 2
    1210 2: → 3 leading, round 2, for 2 with 0x0 of epoch 2
    1210 3: → 2 followerInfo 0x100000000
    1210 2: → 3 leaderInfo 0x200000000
    1210 3: writes acceptedEpoch 2
    1210 3: → 2 ackEpoch 0x100000001
    1210 2: → 3 truncate 0x0
    1210 2: → 3 proposal 0x200000001
    1210 2: → 3 commit 0x200000001
    1210 2: → 3 newLeader 0x200000000
    1210 3: recovers up to 0x0
    1211 3: logs 0x200000001
    1211 3: writes currentEpoch 2
    1211 3: → 2 ack 0x200000000
    1211 2: → 3 upToDate 0xffffffffffffffff
    1211 3: commits up to 0x200000001
    1211 3: serves in following(2), epoch 2
    1211 3: → 2 ack 0x200000000
    1 committed
    """,
    "snapshot": """
    164 1: → 2 looking, round 1, for 1 with 0x0 of epoch 1
    164 1: → 3 looking, round 1, for 1 with 0x0 of epoch 1
    164 1: → 2 looking, round 1, for 1 with 0x0 of epoch 1
    164 2: → 1 following, round 1, for 3 with 0x0 of epoch 1
    164 1: → 3 looking, round 1, for 1 with 0x0 of epoch 1
    164 3: → 1 leading, round 1, for 3 with 0x0 of epoch 1
    164 2: → 1 following, round 1, for 3 with 0x0 of epoch 1
    164 3: → 1 leading, round 1, for 3 with 0x0 of epoch 1
    164 2: → 1 following, round 1, for 3 with 0x0 of epoch 1
    164 3: → 1 leading, round 1, for 3 with 0x0 of epoch 1
    164 1: → 3 followerInfo 0x100000000
    164 3: → 1 leaderInfo 0x100000000
    164 1: → 3 ackEpoch 0x0
    164 3: → 1 snapshot 0x100000004
    164 3: → 1 newLeader 0x100000000
    164 1: → 3 ack 0x100000000
    164 3: → 1 upToDate 0xffffffffffffffff
    164 1: commits up to 0x100000004
    164 1: serves in following(3), epoch 1
    164 1: → 3 ack 0x100000000
    4 committed
    """,
    "history from the log": """
    164 1: → 2 looking, round 1, for 1 with 0x0 of epoch 1
    164 1: → 3 looking, round 1, for 1 with 0x0 of epoch 1
    164 1: → 2 looking, round 1, for 1 with 0x0 of epoch 1
    164 2: → 1 following, round 1, for 3 with 0x0 of epoch 1
    164 1: → 3 looking, round 1, for 1 with 0x0 of epoch 1
    164 3: → 1 leading, round 1, for 3 with 0x0 of epoch 1
    164 2: → 1 following, round 1, for 3 with 0x0 of epoch 1
    164 3: → 1 leading, round 1, for 3 with 0x0 of epoch 1
    164 2: → 1 following, round 1, for 3 with 0x0 of epoch 1
    164 3: → 1 leading, round 1, for 3 with 0x0 of epoch 1
    164 1: → 3 followerInfo 0x100000000
    164 3: → 1 leaderInfo 0x100000000
    164 1: → 3 ackEpoch 0x0
    164 3: → 1 difference 0x100000004
    164 3: → 1 proposal 0x100000001
    164 3: → 1 commit 0x100000001
    164 3: → 1 proposal 0x100000002
    164 3: → 1 commit 0x100000002
    164 3: → 1 proposal 0x100000003
    164 3: → 1 commit 0x100000003
    164 3: → 1 proposal 0x100000004
    164 3: → 1 commit 0x100000004
    164 3: → 1 newLeader 0x100000000
    164 1: logs 0x100000001
    164 1: logs 0x100000002
    164 1: logs 0x100000003
    164 1: logs 0x100000004
    164 1: → 3 ack 0x100000000
    164 3: → 1 upToDate 0xffffffffffffffff
    164 1: commits up to 0x100000004
    164 1: serves in following(3), epoch 1
    164 1: → 3 ack 0x100000000
    4 committed
    """,
    "deposed leader": """
    621 1: stops: leader 3 is silent
    621 1: → 2 looking, round 2, for 1 with 0x0 of epoch 1
    621 2: stops: leader 3 is silent
    621 2: → 1 looking, round 2, for 2 with 0x0 of epoch 1
    621 1: → 2 looking, round 2, for 2 with 0x0 of epoch 1
    621 3: learner 1 is silent
    621 3: learner 1 is gone
    621 3: learner 2 is silent
    621 3: learner 2 is gone
    621 3: stops: no quorum has answered in time
    641 1: → 2 followerInfo 0x100000000
    641 2: writes acceptedEpoch 2
    641 2: → 1 leaderInfo 0x200000000
    641 1: writes acceptedEpoch 2
    641 1: → 2 ackEpoch 0x0
    641 2: writes currentEpoch 2
    641 2: → 1 difference 0x0
    641 2: → 1 newLeader 0x200000000
    641 1: writes currentEpoch 2
    641 1: → 2 ack 0x200000000
    641 2: commits up to 0x0
    641 2: serves in leading, epoch 2
    641 2: → 1 upToDate 0xffffffffffffffff
    641 1: commits up to 0x0
    641 1: serves in following(2), epoch 2
    641 1: → 2 ack 0x200000000
    0 committed
    """,
  ]
}
