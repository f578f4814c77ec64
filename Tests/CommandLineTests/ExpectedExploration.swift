// What ExploreTests expects; written with LINNAEUS_EXPECTED=write.

let expectedExploration = """
  3 servers (region), 400 reads and 200 writes a second for 2.00 s, 1 pause, 1 split, seed 1

                                  plain          sync   quorum sync       leader
  reads                             656           522           540          435
  lagging views                      11             0             0           16
  stale reads                        11             0             0           16
    share                        1.68 %           0 %           0 %       3.68 %
    versions missed, p50              0             0             0            0
    versions missed, p99              3             0             0            9
    versions missed, most             9             0             0           11
    age in ms, p50                    0             0             0            0
    age in ms, p99                 30.9             0             0         36.9
    age in ms, most                71.5             0             0         48.1
    stale at server 1          0 of 234      0 of 195      0 of 201     0 of 147
    stale at server 2         11 of 263      0 of 170      0 of 176     16 of 85
    stale at server 3          0 of 159      0 of 157      0 of 163     0 of 203
  read latency in ms, p50          2.29          6.10          12.2         3.83
  read latency in ms, p99          7.07          17.3          23.6         8.75
  write latency in ms, p50         14.0          15.2          14.5         13.4
  write latency in ms, p99         20.7          23.4          31.7         23.3
  answered a second                 477           410           423          366
  lost or refused                   192           320           324          404
  what held                 writes only  linearizable  linearizable  writes only

  A lagging view is older than the last write that was acknowledged before the read was called; a
  stale read missed a change of what it read, too. A sync makes a server catch up with the leader;
  a quorum sync also proves that the leader still leads (ZOOKEEPER-1675).

  """
