package faults

import (
	"context"
	"time"

	"github.com/ragprune/ragprune/cache/redis/redistest"
)

// topologyScenarios are faults of a Cluster and of a master that Sentinels
// watch. They end when another node has taken over.
func topologyScenarios() []Scenario {
	return []Scenario{
		{Name: "Cluster, a master killed, failover", Start: cluster, Break: killNode, Heal: awaitTakeover},
		{Name: "Cluster, a master hangs, failover", Start: cluster, Break: pauseNode, Heal: resumeNode},
		{Name: "Cluster, two masters of three killed", Start: cluster, Break: killNodes, Heal: restartNodes},
		{Name: "Sentinels, the master killed, failover", Start: watched, Break: killMaster, Heal: awaitPromotion},
	}
}

// takeover is the longest time that a failover may take.
const takeover = 60 * time.Second

func cluster(b *bed) (err error) {
	if b.cluster, err = redistest.StartCluster(); err != nil {
		return err
	}
	b.closes(b.cluster.Close)
	b.options.URL = "redis://" + b.cluster.Addresses()
	return nil
}

func killNode(_ context.Context, b *bed) error {
	b.cluster.Nodes[0].Kill()
	return nil
}

func pauseNode(_ context.Context, b *bed) error { return b.cluster.Nodes[0].Pause() }

// awaitTakeover waits until the replica of the first node has its slots.
func awaitTakeover(_ context.Context, b *bed) error {
	return redistest.Await(takeover, func(ctx context.Context) error { return b.cluster.TakenOver(ctx) })
}

func resumeNode(ctx context.Context, b *bed) error {
	if err := awaitTakeover(ctx, b); err != nil {
		return err
	}
	return b.cluster.Nodes[0].Resume()
}

// killNodes leaves one master, too few to vote for others.
func killNodes(_ context.Context, b *bed) error {
	b.cluster.Nodes[0].Kill()
	b.cluster.Nodes[1].Kill()
	return nil
}

func restartNodes(_ context.Context, b *bed) error {
	for _, node := range b.cluster.Nodes[:2] {
		if err := node.Restart(); err != nil {
			return err
		}
	}
	return redistest.Await(takeover, func(ctx context.Context) error { return b.cluster.Working(ctx, b.cluster.Nodes) })
}

func watched(b *bed) (err error) {
	if b.sentinels, err = redistest.StartSentinels(); err != nil {
		return err
	}
	b.closes(b.sentinels.Close)
	b.options.URL, b.options.Master = "redis://"+b.sentinels.Addresses(), redistest.MasterName
	return nil
}

func killMaster(_ context.Context, b *bed) error {
	b.sentinels.Master.Kill()
	return nil
}

func awaitPromotion(_ context.Context, b *bed) error {
	return redistest.Await(takeover, b.sentinels.Promoted)
}
