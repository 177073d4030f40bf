package tests_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/types"
	"github.com/google/go-cmp/cmp"
	"github.com/moby/buildkit/frontend/dockerfile/instructions"
)

// project is docker-compose.yml, and more files, with profiles.
func project(t *testing.T, more []string, profiles ...string) *types.Project {
	t.Helper()
	files := append([]string{"../../docker-compose.yml"}, more...)
	o, err := cli.NewProjectOptions(files, cli.WithProfiles(profiles))
	if err != nil {
		t.Fatal(err)
	}
	p, err := o.LoadProject(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestCompose(t *testing.T) {
	for name, want := range map[string][]string{
		"":           {"ragprune", "redis"},
		"gpu":        {"ragprune", "ragprune-gpu", "redis"},
		"monitoring": {"grafana", "prometheus", "ragprune", "redis"},
	} {
		if diff := cmp.Diff(want, project(t, nil, name).ServiceNames()); diff != "" {
			t.Errorf("profile %q (-want +got):\n%s", name, diff)
		}
	}
}

// With secrets the service finds its files where it is told to look, and no
// secret is in an environment or an argument.
func TestComposeSecrets(t *testing.T) {
	p := project(t, []string{"../compose.secrets.yml"})
	s := p.Services["ragprune"]
	var mounted []string
	for _, secret := range s.Secrets {
		mounted = append(mounted, "/run/secrets/"+secret.Source)
	}
	for _, name := range []string{"RAGPRUNE_API_KEYS_FILE", "RAGPRUNE_REDIS_PASSWORD_FILE"} {
		if file := s.Environment[name]; file == nil || !slices.Contains(mounted, *file) {
			t.Errorf("%s names a file that is not mounted", name)
		}
	}
	for name, s := range p.Secrets {
		if !strings.HasSuffix(s.File, "/deploy/secrets/"+name) {
			t.Errorf("the secret %s is at %s", name, s.File)
		}
	}
}

// The service of the profile gpu is built from a stage that asks for CUDA, gets a
// GPU, and finds its model where the image looks for it.
func TestComposeGPU(t *testing.T) {
	s := project(t, nil, "gpu").Services["ragprune-gpu"]
	var devices []types.DeviceRequest
	if d := s.Deploy; d != nil && d.Resources.Reservations != nil {
		devices = d.Resources.Reservations.Devices
	}
	want := []types.DeviceRequest{{Driver: "nvidia", Count: 1, Capabilities: []string{"gpu"}}}
	if diff := cmp.Diff(want, devices); diff != "" {
		t.Errorf("devices (-want +got):\n%s", diff)
	}
	environment := map[string]string{}
	for _, stage := range stages(t) {
		if stage.Name != s.Build.Target {
			continue
		}
		for _, c := range stage.Commands {
			if c, ok := c.(*instructions.EnvCommand); ok {
				for _, pair := range c.Env {
					environment[pair.Key] = pair.Value
				}
			}
		}
	}
	if environment["RAGPRUNE_PROVIDER"] != "cuda" {
		t.Errorf("the stage %q asks for the provider %q", s.Build.Target, environment["RAGPRUNE_PROVIDER"])
	}
	if !slices.ContainsFunc(s.Volumes, func(v types.ServiceVolumeConfig) bool { return v.Target == environment["RAGPRUNE_MODEL"] }) {
		t.Errorf("nothing is mounted at RAGPRUNE_MODEL, %q", environment["RAGPRUNE_MODEL"])
	}
}

// Every service is bounded, without rights, and reachable from this machine
// alone; what it mounts is there.
func TestComposeIsHardened(t *testing.T) {
	for name, s := range project(t, nil, "monitoring", "gpu").Services {
		if !s.ReadOnly || len(s.CapDrop) == 0 || s.CapDrop[0] != "ALL" || len(s.SecurityOpt) == 0 {
			t.Errorf("%s has rights", name)
		}
		if s.MemLimit == 0 || s.CPUS == 0 {
			t.Errorf("%s has no limit of memory or processor", name)
		}
		if s.HealthCheck == nil {
			t.Errorf("%s has no health check", name)
		}
		if !strings.HasPrefix(s.Image, "ragprune") && (!strings.Contains(s.Image, ":") || strings.HasSuffix(s.Image, ":latest")) {
			t.Errorf("%s runs %s, which is not pinned", name, s.Image)
		}
		for _, port := range s.Ports {
			if port.HostIP != "127.0.0.1" {
				t.Errorf("%s is open to the network on port %s", name, port.Published)
			}
		}
		for _, v := range s.Volumes {
			if v.Type != types.VolumeTypeBind {
				continue
			}
			if _, err := os.Stat(v.Source); err != nil {
				t.Errorf("%s mounts %s: %v", name, filepath.Base(v.Source), err)
			}
		}
	}
}
