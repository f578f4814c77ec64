// What ExploreTests expects; written with LINNAEUS_EXPECTED=write.

let expectedExploration = """
  3 servers (region), 400 reads and 200 writes a second for 2.00 s, 1 pause, 1 split, seed 1

                                  plain          sync   quorum sync        leader
  reads                             651           486           483           433
  lagging views                      44             0             0             0
  stale reads                         3             0             0             0
    share                        0.46 %           0 %           0 %           0 %
    versions missed, p50              0             0             0             0
    versions missed, p99              0             0             0             0
    versions missed, most             1             0             0             0
    age in ms, p50                    0             0             0             0
    age in ms, p99                    0             0             0             0
    age in ms, most                 289             0             0             0
    stale at server 1          3 of 234      0 of 157      0 of 157      0 of 147
    stale at server 2          0 of 259      0 of 172      0 of 169       0 of 83
    stale at server 3          0 of 158      0 of 157      0 of 157      0 of 203
  read latency in ms, p50          2.46          8.20          13.6          3.94
  read latency in ms, p99          7.23          16.3          23.7          8.75
  write latency in ms, p50         11.5          11.5          11.0          11.0
  write latency in ms, p99         19.7          20.2          19.3          19.3
  answered a second                 437           355           354           329
  lost or refused                   264           428           431           478
  what held                 writes only  linearizable  linearizable  linearizable

  A lagging view is older than the last write that was acknowledged before the read was called; a
  stale read missed a change of what it read, too. A sync makes a server catch up with the leader;
  a quorum sync also proves that the leader still leads (ZOOKEEPER-1675).

  """
