package tests_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"
	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/yaml"
)

// render returns the objects of the chart with values, by kind and name.
func render(t *testing.T, values map[string]any) (map[string][]byte, error) {
	t.Helper()
	c, err := loader.Load("../helm/ragprune")
	if err != nil {
		t.Fatal(err)
	}
	all, err := chartutil.ToRenderValues(c, values, chartutil.ReleaseOptions{Name: "web", Namespace: "rag"}, chartutil.DefaultCapabilities)
	if err != nil {
		return nil, err
	}
	files, err := engine.Render(c, all)
	if err != nil {
		return nil, err
	}
	objects := make(map[string][]byte)
	for name, text := range files {
		if filepath.Ext(name) != ".yaml" {
			continue
		}
		reader := utilyaml.NewYAMLReader(bufio.NewReader(strings.NewReader(text)))
		for {
			doc, err := reader.Read()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if len(bytes.TrimSpace(doc)) == 0 {
				continue
			}
			var head struct {
				Kind     string
				Metadata struct{ Name string }
			}
			if err := yaml.Unmarshal(doc, &head); err != nil {
				t.Fatalf("%s: %v\n%s", name, err, doc)
			}
			if head.Kind != "" {
				objects[head.Kind+" "+head.Metadata.Name] = doc
			}
		}
	}
	return objects, nil
}

// mustRender fails the test on what render does.
func mustRender(t *testing.T, values map[string]any) map[string][]byte {
	t.Helper()
	objects, err := render(t, values)
	if err != nil {
		t.Fatal(err)
	}
	return objects
}

// typed reads an object strictly: an unknown field is an error.
func typed(t *testing.T, name string, doc []byte) {
	t.Helper()
	kind, _, _ := strings.Cut(name, " ")
	object, ok := map[string]any{
		"ConfigMap": new(corev1.ConfigMap), "Deployment": new(appsv1.Deployment), "Service": new(corev1.Service),
		"Ingress": new(networkingv1.Ingress), "NetworkPolicy": new(networkingv1.NetworkPolicy),
		"HorizontalPodAutoscaler": new(autoscalingv2.HorizontalPodAutoscaler), "PodDisruptionBudget": new(policyv1.PodDisruptionBudget),
		// Types of the Prometheus operator, as far as the chart uses them.
		"ServiceMonitor": new(serviceMonitor), "PrometheusRule": new(prometheusRule),
	}[kind]
	if !ok {
		t.Fatalf("%s is of a kind that the test does not know", name)
	}
	if err := yaml.UnmarshalStrict(doc, object); err != nil {
		t.Errorf("%s: %v\n%s", name, err, doc)
	}
}

func names(objects map[string][]byte) []string { return slices.Sorted(maps.Keys(objects)) }

func TestChartWithDefaults(t *testing.T) {
	objects := mustRender(t, nil)
	for name, doc := range objects {
		typed(t, name, doc)
	}
	want := []string{
		"ConfigMap web-ragprune", "Deployment web-ragprune", "NetworkPolicy web-ragprune",
		"PodDisruptionBudget web-ragprune", "Service web-ragprune", "Service web-ragprune-operator",
	}
	if diff := cmp.Diff(want, names(objects)); diff != "" {
		t.Errorf("objects (-want +got):\n%s", diff)
	}
}

func everything() map[string]any {
	return map[string]any{
		"models":         map[string]any{"existingClaim": "bundles"},
		"apiKeys":        map[string]any{"existingSecret": "keys"},
		"redis":          map[string]any{"url": "rediss://redis-0:6380,redis-1:6381", "username": "ragprune", "existingSecret": "redis"},
		"ingress":        map[string]any{"enabled": true, "className": "nginx", "tlsSecret": "tls"},
		"autoscaling":    map[string]any{"enabled": true, "queueLength": 4},
		"monitoring":     map[string]any{"serviceMonitor": true, "rules": true, "labels": map[string]any{"release": "prometheus"}},
		"networkPolicy":  map[string]any{"from": []any{map[string]any{"namespaceSelector": map[string]any{}}}},
		"podAnnotations": map[string]any{"a": "b"}, "nodeSelector": map[string]any{"pool": "cpu"}, "priorityClassName": "high",
		"tolerations": []any{map[string]any{"operator": "Exists"}},
	}
}

func TestChartWithEverything(t *testing.T) {
	objects := mustRender(t, everything())
	for name, doc := range objects {
		typed(t, name, doc)
	}
	want := []string{
		"ConfigMap web-ragprune", "Deployment web-ragprune", "HorizontalPodAutoscaler web-ragprune", "Ingress web-ragprune",
		"NetworkPolicy web-ragprune", "PodDisruptionBudget web-ragprune", "PrometheusRule web-ragprune",
		"Service web-ragprune", "Service web-ragprune-operator", "ServiceMonitor web-ragprune",
	}
	if diff := cmp.Diff(want, names(objects)); diff != "" {
		t.Errorf("objects (-want +got):\n%s", diff)
	}
	var d appsv1.Deployment
	if err := yaml.Unmarshal(objects["Deployment web-ragprune"], &d); err != nil {
		t.Fatal(err)
	}
	if d.Spec.Replicas != nil {
		t.Error("replicas are set beside an autoscaler, which would fight it")
	}
	var got []string
	for _, m := range d.Spec.Template.Spec.Containers[0].VolumeMounts {
		got = append(got, fmt.Sprint(m.Name, " ", m.MountPath, " ", m.ReadOnly))
	}
	mounts := []string{"tmp /tmp false", "models /models true", "keys /run/secrets/ragprune/keys true", "redis /run/secrets/ragprune/redis true"}
	if diff := cmp.Diff(mounts, got); diff != "" {
		t.Errorf("mounts (-want +got):\n%s", diff)
	}
	if policy := string(objects["NetworkPolicy web-ragprune"]); !strings.Contains(policy, "port: 6380") || !strings.Contains(policy, "port: 6381") {
		t.Errorf("Redis cannot be reached:\n%s", policy)
	}
}

// Every container runs without rights, and says what it needs.
func TestChartIsHardened(t *testing.T) {
	var d appsv1.Deployment
	if err := yaml.Unmarshal(mustRender(t, nil)["Deployment web-ragprune"], &d); err != nil {
		t.Fatal(err)
	}
	pod := d.Spec.Template.Spec
	if pod.SecurityContext.RunAsNonRoot == nil || !*pod.SecurityContext.RunAsNonRoot || pod.AutomountServiceAccountToken == nil || *pod.AutomountServiceAccountToken {
		t.Error("the pod may run as root, or has a token of the cluster")
	}
	for _, c := range pod.Containers {
		s := c.SecurityContext
		if !*s.ReadOnlyRootFilesystem || *s.AllowPrivilegeEscalation || len(s.Capabilities.Drop) != 1 || s.Capabilities.Drop[0] != "ALL" {
			t.Errorf("%s has rights: %+v", c.Name, s)
		}
		if c.Resources.Limits.Memory().IsZero() || c.Resources.Requests.Cpu().IsZero() {
			t.Errorf("%s does not say what it needs", c.Name)
		}
		if c.ReadinessProbe == nil || c.LivenessProbe == nil || c.StartupProbe == nil {
			t.Errorf("%s lacks a probe", c.Name)
		}
	}
}

// The selectors of all objects find the pods.
func TestChartSelectors(t *testing.T) {
	objects := mustRender(t, everything())
	var d appsv1.Deployment
	if err := yaml.Unmarshal(objects["Deployment web-ragprune"], &d); err != nil {
		t.Fatal(err)
	}
	pod := d.Spec.Template.Labels
	var s corev1.Service
	var p policyv1.PodDisruptionBudget
	var n networkingv1.NetworkPolicy
	for name, object := range map[string]any{"Service web-ragprune": &s, "PodDisruptionBudget web-ragprune": &p, "NetworkPolicy web-ragprune": &n} {
		if err := yaml.Unmarshal(objects[name], object); err != nil {
			t.Fatal(err)
		}
	}
	for name, selector := range map[string]map[string]string{
		"deployment": d.Spec.Selector.MatchLabels, "service": s.Spec.Selector,
		"disruption budget": p.Spec.Selector.MatchLabels, "network policy": n.Spec.PodSelector.MatchLabels,
	} {
		for label, value := range selector {
			if pod[label] != value {
				t.Errorf("the %s looks for %s=%s, pods have %q", name, label, value, pod[label])
			}
		}
	}
}

// A value that cannot be used is refused with its name.
func TestChartRefuses(t *testing.T) {
	for name, values := range map[string]map[string]any{
		"replicas": {"replicas": "two"},
		"url":      {"redis": map[string]any{"url": "http://redis"}},
		"settings": {"settings": map[string]any{"PATH": "/"}},
		"typo":     {"autoscalling": map[string]any{}},
	} {
		if _, err := render(t, values); err == nil || !strings.Contains(err.Error(), "schema") {
			t.Errorf("%s: error is %v", name, err)
		}
	}
}

type prometheusRule struct {
	APIVersion string         `json:"apiVersion"`
	Kind       string         `json:"kind"`
	Metadata   map[string]any `json:"metadata"`
	Spec       alerts         `json:"spec"`
}

type serviceMonitor struct {
	APIVersion string         `json:"apiVersion"`
	Kind       string         `json:"kind"`
	Metadata   map[string]any `json:"metadata"`
	Spec       struct {
		Selector  struct{ MatchLabels map[string]string } `json:"selector"`
		Endpoints []struct {
			Port     string `json:"port"`
			Path     string `json:"path"`
			Interval string `json:"interval"`
		} `json:"endpoints"`
	} `json:"spec"`
}

// alerts is a file of rules.
type alerts struct {
	Groups []struct {
		Name  string `json:"name"`
		Rules []struct {
			Alert       string            `json:"alert"`
			Expr        string            `json:"expr"`
			For         string            `json:"for"`
			Labels      map[string]string `json:"labels"`
			Annotations map[string]string `json:"annotations"`
		} `json:"rules"`
	} `json:"groups"`
}

func readFile(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
