// What ExploreTests expects; written with LINNAEUS_EXPECTED=write.

let expectedExploration = """
  3 servers (region), 400 reads and 200 writes a second for 2.00 s, 1 pause, 1 split, seed 1

                                  plain          sync   quorum sync        leader
  reads                             666           501           498           446
  lagging views                      45             0             0             0
  stale reads                         3             0             0             0
    share                        0.45 %           0 %           0 %           0 %
    versions missed, p50              0             0             0             0
    versions missed, p99              0             0             0             0
    versions missed, most             1             0             0             0
    age in ms, p50                    0             0             0             0
    age in ms, p99                    0             0             0             0
    age in ms, most                 289             0             0             0
    stale at server 1          3 of 241      0 of 164      0 of 164      0 of 160
    stale at server 2          0 of 263      0 of 176      0 of 173       0 of 83
    stale at server 3          0 of 162      0 of 161      0 of 161      0 of 203
  read latency in ms, p50          2.46          8.16          13.4          3.94
  read latency in ms, p99          7.14          16.3          23.7          8.75
  write latency in ms, p50         11.6          11.5          11.0          10.8
  write latency in ms, p99         19.8          20.2          19.3          19.3
  answered a second                 447           365           363           336
  lost or refused                   265           429           432           480
  what held                 writes only  linearizable  linearizable  linearizable

  A lagging view is older than the last write that was acknowledged before the read was called; a
  stale read missed a change of what it read, too. A sync makes a server catch up with the leader;
  a quorum sync also proves that the leader still leads (ZOOKEEPER-1675).

  """
