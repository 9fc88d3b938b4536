package main

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
)

// edit answers a JSON value's new text, or nil if it stays as it is.
type edit func(json.RawMessage) json.RawMessage

// host is what a container can be granted.
type host struct {
	// holds tells whether a capability can be given.
	holds func(capability int) bool
	// score answers the OOM score that comes of asking for one.
	score func(asked int) int
	// hardLimit answers the hard limit that comes of asking for one.
	hardLimit func(resource int, asked uint64) uint64
}

func (h host) config(text json.RawMessage) json.RawMessage {
	return members(text, map[string]edit{"process": h.process})
}

func (h host) process(text json.RawMessage) json.RawMessage {
	return members(text, map[string]edit{
		"oomScoreAdj": h.oomScore, "capabilities": h.capabilities, "rlimits": h.limits,
	})
}

func (h host) oomScore(text json.RawMessage) json.RawMessage {
	asked, err := strconv.Atoi(string(text))
	if err != nil {
		return nil
	}
	if granted := h.score(asked); granted != asked {
		return json.RawMessage(strconv.Itoa(granted))
	}
	return nil
}

func (h host) capabilities(text json.RawMessage) json.RawMessage {
	edits := map[string]edit{}
	for _, set := range []string{"bounding", "effective", "inheritable", "permitted", "ambient"} {
		edits[set] = h.set
	}
	return members(text, edits)
}

func (h host) set(text json.RawMessage) json.RawMessage {
	var names []string
	if json.Unmarshal(text, &names) != nil {
		return nil
	}
	all := len(names)
	names = slices.DeleteFunc(names, func(name string) bool {
		number := slices.Index(capabilities[:], name)
		return number >= 0 && !h.holds(number)
	})
	if len(names) == all {
		return nil
	}
	return encode(names)
}

func (h host) limits(text json.RawMessage) json.RawMessage {
	var limits []map[string]json.RawMessage
	if json.Unmarshal(text, &limits) != nil {
		return nil
	}
	changed := false
	for _, limit := range limits {
		changed = h.clamp(limit) || changed
	}
	if !changed {
		return nil
	}
	return encode(limits)
}

// clamp lowers a limit, rather than drop it: without one the container would
// get the runtime's own soft limit, which has nothing to do with what was asked.
func (h host) clamp(limit map[string]json.RawMessage) bool {
	name, _ := strconv.Unquote(string(limit["type"]))
	resource := slices.Index(resources[:], name)
	asked, err := strconv.ParseUint(string(limit["hard"]), 10, 64)
	if resource < 0 || err != nil {
		return false
	}
	granted := h.hardLimit(resource, asked)
	if granted == asked {
		return false
	}
	limit["hard"] = strconv.AppendUint(nil, granted, 10)
	soft, err := strconv.ParseUint(string(limit["soft"]), 10, 64)
	if err == nil && soft > granted {
		limit["soft"] = limit["hard"]
	}
	return true
}

// members edits an object's values by their names. The others keep their text:
// a number read and written would not be the same one always.
func members(text json.RawMessage, edits map[string]edit) json.RawMessage {
	var object map[string]json.RawMessage
	if json.Unmarshal(text, &object) != nil {
		return nil
	}
	changed := false
	for name, edit := range edits {
		if edited := edit(object[name]); edited != nil {
			object[name] = edited
			changed = true
		}
	}
	if !changed {
		return nil
	}
	return encode(object)
}

func encode(value any) json.RawMessage {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if encoder.Encode(value) != nil {
		return nil
	}
	return text.Bytes()
}
