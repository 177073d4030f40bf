package redistest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	goredis "github.com/redis/go-redis/v9"
)

const (
	masters = 3
	slots   = 16384
	// nodeTimeout is how long a node of a Cluster may be silent before the
	// others give its slots to its replica.
	nodeTimeout = time.Second
)

// Cluster is a Redis Cluster: three masters, and then a replica of each.
type Cluster struct {
	Nodes []*Server
}

// StartCluster starts a cluster and waits until it works.
func StartCluster(args ...string) (_ *Cluster, err error) {
	c := &Cluster{}
	defer func() {
		if err != nil {
			err = errors.Join(err, c.Close())
		}
	}()
	ports := make([]string, 0, 2*masters)
	for range 2 * masters {
		bus, err := freePort()
		if err != nil {
			return nil, err
		}
		ports = append(ports, strconv.Itoa(bus))
		node, err := Start(append([]string{
			"--cluster-enabled", "yes", "--cluster-port", strconv.Itoa(bus),
			"--cluster-node-timeout", strconv.FormatInt(nodeTimeout.Milliseconds(), 10),
			"--cluster-replica-validity-factor", "0",
		}, args...)...)
		if err != nil {
			return nil, err
		}
		c.Nodes = append(c.Nodes, node)
	}
	if err := c.join(context.Background(), ports); err != nil {
		return nil, err
	}
	return c, Await(startTime, c.complete)
}

// join makes the nodes known to each other and shares out the slots.
func (c *Cluster) join(ctx context.Context, ports []string) error {
	ids := make([]string, masters)
	for i, node := range c.Nodes {
		client := node.Client()
		defer client.Close()
		host, port, err := net.SplitHostPort(c.Nodes[0].Address)
		if err != nil {
			return err
		}
		if i > 0 {
			if err := client.Do(ctx, "CLUSTER", "MEET", host, port, ports[0]).Err(); err != nil {
				return err
			}
		}
		if i >= masters {
			continue
		}
		if err := client.ClusterAddSlotsRange(ctx, i*slots/masters, (i+1)*slots/masters-1).Err(); err != nil {
			return err
		}
		if ids[i], err = client.Do(ctx, "CLUSTER", "MYID").Text(); err != nil {
			return err
		}
	}
	for i, node := range c.Nodes[masters:] {
		err := Await(startTime, func(ctx context.Context) error { return node.Do(ctx, "CLUSTER", "REPLICATE", ids[i]) })
		if err != nil {
			return err
		}
	}
	return nil
}

// complete reports what is missing until every node sees a working cluster with
// its replicas.
func (c *Cluster) complete(ctx context.Context) error {
	for _, node := range c.Nodes {
		client := node.Client()
		defer client.Close()
		info, err := client.ClusterInfo(ctx).Result()
		if err != nil {
			return err
		}
		if !strings.Contains(info, "cluster_state:ok") || !strings.Contains(info, fmt.Sprintf("cluster_known_nodes:%d", 2*masters)) {
			return fmt.Errorf("the cluster is not complete: %.200s", info)
		}
		nodes, err := client.ClusterNodes(ctx).Result()
		if err != nil {
			return err
		}
		if n := strings.Count(nodes, "slave"); n != masters {
			return fmt.Errorf("the cluster has %d replicas", n)
		}
	}
	return c.AwaitReplicas(ctx)
}

// AwaitReplicas waits until the replicas have caught up with their masters.
func (c *Cluster) AwaitReplicas(ctx context.Context) error {
	for _, node := range c.Nodes[masters:] {
		if err := linkedUp(ctx, node); err != nil {
			return err
		}
	}
	return nil
}

// Working returns nil once the given nodes see all slots served.
func (c *Cluster) Working(ctx context.Context, nodes []*Server) error {
	for _, node := range nodes {
		client := node.Client()
		defer client.Close()
		info, err := client.ClusterInfo(ctx).Result()
		if err != nil {
			return err
		}
		if !strings.Contains(info, "cluster_state:ok") || !strings.Contains(info, fmt.Sprintf("cluster_slots_ok:%d", slots)) {
			return errors.New("slots are not served")
		}
	}
	return nil
}

// TakenOver returns nil once the replica of the first master is a master, and
// the others see all slots served.
func (c *Cluster) TakenOver(ctx context.Context) error {
	client := c.Nodes[masters].Client()
	defer client.Close()
	info, err := client.Info(ctx, "replication").Result()
	if err != nil {
		return err
	}
	if !strings.Contains(info, "role:master") {
		return errors.New("the replica has not taken over")
	}
	return c.Working(ctx, c.Nodes[1:])
}

// Addresses are those of all nodes, separated by commas.
func (c *Cluster) Addresses() string { return addresses(c.Nodes) }

// Close ends all nodes.
func (c *Cluster) Close() error { return closeAll(c.Nodes) }

func addresses(servers []*Server) string {
	all := make([]string, len(servers))
	for i, s := range servers {
		all[i] = s.Address
	}
	return strings.Join(all, ",")
}

func closeAll(servers []*Server) error {
	var errs []error
	for _, s := range servers {
		errs = append(errs, s.Close())
	}
	return errors.Join(errs...)
}

// linkedUp returns nil if replica is connected with its master.
func linkedUp(ctx context.Context, replica *Server) error {
	client := replica.Client()
	defer client.Close()
	return linked(ctx, client)
}

func linked(ctx context.Context, client *goredis.Client) error {
	info, err := client.Info(ctx, "replication").Result()
	if err != nil {
		return err
	}
	if !strings.Contains(info, "master_link_status:up") {
		return errors.New("the replica has no master")
	}
	return nil
}
