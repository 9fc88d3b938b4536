package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/vishvananda/netlink"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
)

const (
	conflistPath = "/etc/cni/net.d/10-labctl.conflist"
	// routeProtocol marks our routes, so that those of nodes that went are
	// found again by a new process (ip route show proto 76).
	routeProtocol = 76
	resync        = 30 * time.Second
	retry         = time.Second
)

// runNet is the CNI of clusters with several nodes: labctl-net runs once on
// each node, gives the runtime a configuration made from the node's own
// podCIDR, and keeps a route to every other node's.
func runNet() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	log.SetFlags(0)
	_, podSubnet, err := net.ParseCIDR(os.Getenv("POD_SUBNET"))
	if err != nil || podSubnet.IP.To4() == nil {
		log.Fatalf("POD_SUBNET=%q is not an IPv4 network", os.Getenv("POD_SUBNET"))
	}
	client, err := newClient()
	if err != nil {
		log.Fatal(err)
	}
	// The informer lists again, and waits in between, for as long as the API
	// server can't be reached.
	factory := informers.NewSharedInformerFactory(client, resync)
	nodes := factory.Core().V1().Nodes()
	changed := make(chan struct{}, 1)
	notify := func() {
		select {
		case changed <- struct{}{}:
		default:
		}
	}
	// What it answers differs between client-go's of 1.24 and today; it can only
	// fail on an informer that was stopped.
	nodes.Informer().AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    func(any) { notify() },
		UpdateFunc: func(any, any) { notify() },
		DeleteFunc: func(any) { notify() },
	})
	lister := nodes.Lister()
	factory.Start(ctx.Done())
	factory.WaitForCacheSync(ctx.Done())
	for {
		select {
		case <-ctx.Done():
			return
		case <-changed:
		}
		all, err := lister.List(labels.Everything())
		if err == nil {
			err = reconcile(os.Getenv("NODE_NAME"), podSubnet, all)
		}
		if err != nil {
			log.Printf("not there yet: %v", err)
			time.AfterFunc(retry, notify)
		}
	}
}

// newClient talks to the control plane by its name: the Service address works
// only once kube-proxy is up, and an address would not outlive a restart.
func newClient() (kubernetes.Interface, error) {
	config, err := rest.InClusterConfig()
	if err != nil {
		return nil, err
	}
	if endpoint := os.Getenv("CONTROL_PLANE_ENDPOINT"); endpoint != "" {
		config.Host = "https://" + endpoint
	}
	return kubernetes.NewForConfig(config)
}

func reconcile(self string, podSubnet *net.IPNet, nodes []*corev1.Node) error {
	wanted := map[string]net.IP{}
	var errs []error
	for _, node := range nodes {
		podCIDR := firstIPv4Net(node)
		if podCIDR == nil {
			if node.Name == self {
				errs = append(errs, fmt.Errorf("node %s has no IPv4 podCIDR", self))
			}
			continue
		}
		if node.Name == self {
			errs = append(errs, writeConflist(podCIDR))
		} else if ip := internalIPv4(node); ip != nil {
			wanted[podCIDR.String()] = ip
		}
	}
	errs = append(errs, syncRoutes(wanted), masquerade(podSubnet))
	return errors.Join(errs...)
}

func firstIPv4Net(node *corev1.Node) *net.IPNet {
	for _, cidr := range append([]string{node.Spec.PodCIDR}, node.Spec.PodCIDRs...) {
		if _, n, err := net.ParseCIDR(cidr); err == nil && n.IP.To4() != nil {
			return n
		}
	}
	return nil
}

func internalIPv4(node *corev1.Node) net.IP {
	for _, address := range node.Status.Addresses {
		if ip := net.ParseIP(address.Address).To4(); ip != nil && address.Type == corev1.NodeInternalIP {
			return ip
		}
	}
	return nil
}

// writeConflist replaces the file in one step: the runtime watches the folder.
func writeConflist(podCIDR *net.IPNet) error {
	type object = map[string]any
	ptp := object{
		"type":   "ptp",
		"ipMasq": false,
		"ipam": object{
			"type":    "host-local",
			"dataDir": "/run/cni-ipam-state",
			"routes":  []object{{"dst": "0.0.0.0/0"}},
			"ranges":  [][]object{{{"subnet": podCIDR.String()}}},
		},
	}
	if mtu := defaultMTU(); mtu > 0 {
		ptp["mtu"] = mtu
	}
	portmap := object{"type": "portmap", "capabilities": object{"portMappings": true}}
	text, err := json.MarshalIndent(object{
		"cniVersion": "0.4.0", "name": "labctl", "plugins": []object{ptp, portmap},
	}, "", "  ")
	if err != nil {
		return err
	}
	if old, err := os.ReadFile(conflistPath); err == nil && bytes.Equal(old, text) {
		return nil
	}
	temporary := filepath.Join(filepath.Dir(conflistPath), ".10-labctl.tmp")
	if err := os.WriteFile(temporary, text, 0o644); err != nil {
		return err
	}
	log.Printf("pod network of this node: %s", podCIDR)
	return os.Rename(temporary, conflistPath)
}

// defaultMTU is that of the interface with the default route, 0 if unknown.
func defaultMTU() int {
	routes, err := netlink.RouteList(nil, netlink.FAMILY_V4)
	if err != nil {
		return 0
	}
	for _, route := range routes {
		if route.Dst == nil || route.Dst.IP.IsUnspecified() {
			if link, err := netlink.LinkByIndex(route.LinkIndex); err == nil {
				return link.Attrs().MTU
			}
		}
	}
	return 0
}

// syncRoutes makes the routes marked as ours exactly the wanted ones.
func syncRoutes(wanted map[string]net.IP) error {
	ours, err := netlink.RouteListFiltered(netlink.FAMILY_V4,
		&netlink.Route{Protocol: routeProtocol}, netlink.RT_FILTER_PROTOCOL)
	if err != nil {
		return err
	}
	var errs []error
	present := map[string]bool{}
	for _, route := range ours {
		gateway, ok := wanted[route.Dst.String()]
		if ok && gateway.Equal(route.Gw) {
			present[route.Dst.String()] = true
		} else if !ok {
			log.Printf("no longer a node's: %s via %s", route.Dst, route.Gw)
			errs = append(errs, netlink.RouteDel(&route))
		}
	}
	for cidr, gateway := range wanted {
		if present[cidr] {
			continue
		}
		_, dst, err := net.ParseCIDR(cidr)
		if err != nil {
			return err
		}
		log.Printf("route to %s via %s", cidr, gateway)
		err = netlink.RouteReplace(&netlink.Route{Dst: dst, Gw: gateway, Protocol: routeProtocol})
		if err != nil {
			errs = append(errs, fmt.Errorf("route to %s via %s: %w", cidr, gateway, err))
		}
	}
	return errors.Join(errs...)
}

// masquerade keeps one rule: what leaves the pod network leaves with the
// node's address. One transaction, so that it may be repeated at any time.
func masquerade(podSubnet *net.IPNet) error {
	rules := fmt.Sprintf(`add table ip labctl-net
add chain ip labctl-net postrouting { type nat hook postrouting priority 100 ; }
flush chain ip labctl-net postrouting
add rule ip labctl-net postrouting ip saddr %[1]s ip daddr != %[1]s masquerade
`, podSubnet)
	command := exec.Command("nft", "-f", "-")
	command.Stdin = bytes.NewBufferString(rules)
	if out, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("nft: %w: %s", err, bytes.TrimSpace(out))
	}
	return nil
}
