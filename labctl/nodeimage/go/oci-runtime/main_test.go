package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// A host without CAP_SYS_RESOURCE, whose processes have an OOM score of 100
// and may have 4096 open files.
var poor = host{
	holds: func(capability int) bool { return capabilities[capability] != "CAP_SYS_RESOURCE" },
	score: func(asked int) int { return max(asked, 100) },
	hardLimit: func(resource int, asked uint64) uint64 {
		if resources[resource] == "RLIMIT_NOFILE" {
			return min(asked, 4096)
		}
		return asked
	},
}

var commandLines = map[string]string{
	"create --bundle /b x":               "/b/config.json",
	"create -b /b x":                     "/b/config.json",
	"create --bundle=/b x":               "/b/config.json",
	"create -b=/b x":                     "/b/config.json",
	"create -bundle /b x":                "/b/config.json",
	"create x --bundle /b":               "/b/config.json",
	"create --bundle /a --bundle /b x":   "/b/config.json",
	"create --pid-file --bundle -b /b x": "/b/config.json",
	"create x -- --bundle /b":            "config.json",
	"run x":                              "config.json",
	"restore --image-path /i -b /b x":    "/b/config.json",
	"run --preserve-fds 2 -b /b x":       "/b/config.json",
	"run -b /b -f /other.json x":         "/other.json",
	"run -b /b --config config.json x":   "/b/config.json",
	"--root create state x":              "",
	"--root=create state x":              "",
	"-root create state x":               "",
	"--log create --log-format run --cgroup-manager restore --criu create --rootless run kill x": "",
	"--root /r --log /l --log-format json --systemd-cgroup create --bundle /b x":                 "/b/config.json",
	"--debug=true create -b /b x":         "/b/config.json",
	"-- create -b /b x":                   "/b/config.json",
	"exec --process /p x":                 "process /p",
	"exec -p /p x":                        "process /p",
	"exec --process=/p x":                 "process /p",
	"exec -p=/p x":                        "process /p",
	"exec --detach --pid-file -p -p /p x": "process /p",
	"exec -t -e A=B --user 0:0 -p /p x":   "process /p",
	"exec x nc -p 80":                     "process ",
	"exec -t x ssh --process /p":          "process ",
	"exec -- x -p /p":                     "process ",
	"delete create":                       "",
	"update --resources - x":              "",
	"--version":                           "",
	"--root":                              "",
	"":                                    "",
}

func TestTheFileOfACommandLine(t *testing.T) {
	for line, want := range commandLines {
		path, process := document(strings.Fields(line))
		if process {
			path = "process " + path
		}
		if path != want {
			t.Errorf("%q: %q instead of %q", line, path, want)
		}
	}
}

var processes = map[string][2]string{
	"score":           {`{"oomScoreAdj":-998}`, `{"oomScoreAdj":100}`},
	"higher score":    {`{"oomScoreAdj":500}`, ""},
	"no score":        {`{"args":["sh"]}`, ""},
	"score of null":   {`{"oomScoreAdj":null}`, ""},
	"fraction":        {`{"oomScoreAdj":-1.5}`, ""},
	"no process":      {`null`, ""},
	"not an object":   {`[1]`, ""},
	"cut off":         {`{"oomScoreAdj":-998`, ""},
	"more than one":   {`{"oomScoreAdj":-998}{}`, ""},
	"granted":         {`{"capabilities":{"bounding":["CAP_CHOWN","CAP_BPF"]}}`, ""},
	"unknown is kept": {`{"capabilities":{"bounding":["CAP_NEW"]}}`, ""},
	"every set": {
		`{"capabilities":{"bounding":["CAP_KILL","CAP_SYS_RESOURCE","CAP_NEW"],"effective":["CAP_SYS_RESOURCE"],
		"inheritable":["CAP_SYS_RESOURCE"],"permitted":["CAP_SYS_RESOURCE"],"ambient":["CAP_SYS_RESOURCE"]}}`,
		`{"capabilities":{"bounding":["CAP_KILL","CAP_NEW"],"effective":[],
		"inheritable":[],"permitted":[],"ambient":[]}}`,
	},
	"no set":           {`{"capabilities":{"bounding":null,"x":["CAP_SYS_RESOURCE"]}}`, ""},
	"not sets":         {`{"capabilities":["CAP_SYS_RESOURCE"]}`, ""},
	"limit":            {limits(8192, 8192), limits(4096, 4096)},
	"soft limit stays": {limits(8192, 1024), limits(4096, 1024)},
	"limit of the own": {limits(4096, 1), ""},
	"no limit": {
		`{"rlimits":[{"type":"RLIMIT_CORE","hard":18446744073709551615,"soft":0},
		{"type":"RLIMIT_NOFILE","hard":18446744073709551615,"soft":18446744073709551615,"x":1}]}`,
		`{"rlimits":[{"type":"RLIMIT_CORE","hard":18446744073709551615,"soft":0},
		{"type":"RLIMIT_NOFILE","hard":4096,"soft":4096,"x":1}]}`,
	},
	"unknown limit":    {`{"rlimits":[{"type":"RLIMIT_NEW","hard":9000,"soft":9000}]}`, ""},
	"limit in words":   {`{"rlimits":[{"type":"RLIMIT_NOFILE","hard":"9000"}]}`, ""},
	"limit of nothing": {`{"rlimits":[null]}`, ""},
}

func TestWhatTheHostCannotGrantIsTakenOut(t *testing.T) {
	for name, pair := range processes {
		t.Run(name, func(t *testing.T) {
			same(t, poor.process(json.RawMessage(pair[0])), pair[1])
		})
	}
}

func TestTheRestOfTheDocumentIsAsItWas(t *testing.T) {
	const before = `{"new": [1e400, 0.10, 12345678901234567890], "process": {"oomScoreAdj": -998, "args": ["<&>\u2028"]},
		"annotations": {"a": "<b>&\u00e4 ä"}, "a<b": {"z": 1, "a": 2.50}}`
	after := string(poor.config(json.RawMessage(before)))
	for _, kept := range []string{
		`"new":[1e400,0.10,12345678901234567890]`, `"args":["<&>\u2028"]`, `{"a":"<b>&\u00e4 ä"}`,
		`"a<b":{"z":1,"a":2.50}`, `"oomScoreAdj":100`,
	} {
		if !strings.Contains(after, kept) {
			t.Errorf("%s is not in %s", kept, after)
		}
	}
}

func TestOnlyTheProcessOfAConfigurationIsEdited(t *testing.T) {
	same(t, poor.config(json.RawMessage(`{"oomScoreAdj":-998}`)), "")
	same(t, poor.config(json.RawMessage(`{"process":{"oomScoreAdj":-998}}`)), `{"process":{"oomScoreAdj":100}}`)
}

func TestTheProgramBehindTheWrapper(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	first, second, third := t.TempDir(), t.TempDir(), t.TempDir()
	path := strings.Join([]string{first, ".", second, third}, ":")
	name := "labctl-test-runc"
	check := func(want string) {
		t.Helper()
		if found := find(name, path); found != want {
			t.Errorf("%q instead of %q", found, want)
		}
	}
	check("")
	must(t, os.Symlink(self, filepath.Join(first, name)))
	must(t, os.Mkdir(filepath.Join(second, name), 0o755))
	check("")
	must(t, os.WriteFile(filepath.Join(third, name), nil, 0o644))
	check("")
	must(t, os.Chmod(filepath.Join(third, name), 0o755))
	check(filepath.Join(third, name))
	name, path = "sh", ""
	if find(name, path) == "" {
		t.Error("without a PATH there is no sh")
	}
}

func limits(hard, soft uint64) string {
	text, _ := json.Marshal(map[string]any{
		"rlimits": []map[string]any{{"type": "RLIMIT_NOFILE", "hard": hard, "soft": soft}},
	})
	return string(text)
}

// same compares JSON by its meaning, numbers by their digits; "" is no text.
func same(t *testing.T, found json.RawMessage, want string) {
	t.Helper()
	if found == nil || want == "" {
		if string(found) != want {
			t.Errorf("%q instead of %q", found, want)
		}
		return
	}
	if got, wanted := decode(t, string(found)), decode(t, want); !reflect.DeepEqual(got, wanted) {
		t.Errorf("%v instead of %v", got, wanted)
	}
}

func decode(t *testing.T, text string) (value any) {
	t.Helper()
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	must(t, decoder.Decode(&value))
	return value
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
