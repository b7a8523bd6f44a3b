-- Factory scripts of a 2600B as its manual documents them (2600BS-901-01 Rev. F, section 9, under their names):
-- KISweep (pp. 9-360 ff.) and KIPulse. What a function is told beside its return values is assumed.

local amps, volts = 0, 1

local function number_or(value, default) if value == nil then return default end return value end

-- KISweep: one measurement a level into smuX.nvbuffer1, with source values and time stamps.
local function sweep(smu, kind, levels, stime)
    local buffer = smu.nvbuffer1
    buffer.clear()
    buffer.appendmode = 1
    buffer.collecttimestamps = 1
    buffer.collectsourcevalues = 1
    smu.source.func = kind == "i" and amps or volts
    smu.source["level" .. kind] = 0
    smu.source.output = 1
    for _, level in ipairs(levels) do
        smu.source["level" .. kind] = level
        delay(stime)
        smu.measure[kind == "i" and "v" or "i"](buffer)
    end
    smu.source.output = 0
    smu.source["level" .. kind] = levels[1]
end

local function linear(start, stop, points)
    local levels = {}
    for k = 1, points do levels[k] = start + (stop - start) * (k - 1) / (points - 1) end
    return levels
end

local function logarithmic(start, stop, points)
    local levels = {}
    for k = 1, points do levels[k] = start * (stop / start) ^ ((k - 1) / (points - 1)) end
    return levels
end

local function checked(points)
    if type(points) ~= "number" or points < 2 then error("a sweep has 2 points or more", 0) end
    return points
end

local function entered(name, kind, levels_of, start, stop)
    _G[name] = function(smu, first, last, stime, points)
        smu = smu or smua
        first, last = number_or(first, start), number_or(last, stop)
        sweep(smu, kind, levels_of(first, last, checked(number_or(points, 10))), number_or(stime, 1e-3))
    end
end
entered("SweepILinMeasureV", "i", linear, -1e-3, 1e-3)
entered("SweepVLinMeasureI", "v", linear, -1, 1)
entered("SweepILogMeasureV", "i", logarithmic, 1e-6, 1e-3)
entered("SweepVLogMeasureI", "v", logarithmic, 1e-3, 1)

local function entered_list(name, kind, default)
    _G[name] = function(smu, list, stime, points)
        list = list or default
        local levels = {}
        for k = 1, checked(number_or(points, table.getn(list))) do levels[k] = list[k] end
        sweep(smu or smua, kind, levels, number_or(stime, 1e-3))
    end
end
entered_list("SweepIListMeasureV", "i", {-1e-3, 1e-3})
entered_list("SweepVListMeasureI", "v", {-1, 1})

-- KIPulse without the trigger model: bias for toff, level for ton, a measurement at the end of the pulse.
local function pulses(smu, kind, bias, level, ton, toff, points)
    local buffer = smu.nvbuffer1
    buffer.clear()
    buffer.appendmode = 1
    buffer.collecttimestamps = 1
    buffer.collectsourcevalues = 1
    smu.source.func = kind == "i" and amps or volts
    smu.source["level" .. kind] = bias
    smu.source.output = 1
    for _ = 1, points do
        smu.source["level" .. kind] = bias
        delay(toff)
        smu.source["level" .. kind] = level
        delay(math.max(0, ton - smu.measure.nplc / localnode.linefreq))
        smu.measure[kind == "i" and "v" or "i"](buffer)
        smu.source["level" .. kind] = bias
    end
    smu.source.output = 0
end
function PulseIMeasureV(smu, bias, level, ton, toff, points)
    pulses(smu or smua, "i", number_or(bias, 0), number_or(level, 1e-3), number_or(ton, 20e-3), number_or(toff, 10e-3),
           number_or(points, 10))
end
function PulseVMeasureI(smu, bias, level, ton, toff, points)
    pulses(smu or smua, "v", number_or(bias, 0), number_or(level, 1), number_or(ton, 20e-3), number_or(toff, 10e-3),
           number_or(points, 10))
end

-- KIPulse with the trigger model: a configuration is kept under its tag and played by InitiatePulseTest.
local configured = {}

local function problem_of(c)
    if type(c.tag) ~= "number" then return "tag must be a number" end
    if type(c.points) ~= "number" or c.points < 1 then return "points must be 1 or more" end
    if c.ton <= 0 or c.toff <= 0 then return "ton and toff must be more than 0" end
    if c.smu.measure.nplc / localnode.linefreq > c.ton then return "nplc is too long for ton" end
    if c.smu.source["autorange" .. c.kind] ~= 0 then return "source autorange must be off" end
    if c.smu.measure["autorange" .. (c.kind == "i" and "v" or "i")] ~= 0 then return "measure autorange must be off" end
    if c.smu.measure.autozero == 2 then return "autozero must not be automatic" end
end

local function configure(c)
    local problem = problem_of(c)
    if problem then return false, problem end
    configured[c.tag] = c
    return true, "Source pulse configured."
end

local function entered_pulse(name, kind)
    _G[name] = function(smu, bias, level, limit, ton, toff, points, buf, tag, sync_in, sync_out, timeout, abort)
        local levels = {}
        for k = 1, type(points) == "number" and points or 0 do levels[k] = level end
        return configure {smu = smu, kind = kind, bias = bias, level = level, limit = limit, ton = ton, toff = toff,
            points = points, buf = buf, tag = tag, sync_in = sync_in, sync_out = sync_out,
            func = kind == "i" and amps or volts, sourcevalues = levels}
    end
end
entered_pulse("ConfigPulseIMeasureV", "i")
entered_pulse("ConfigPulseVMeasureI", "v")

local function entered_pulse_sweep(name, kind, levels_of)
    _G[name] = function(smu, bias, start, stop, limit, ton, toff, points, buf, tag, sync_in, sync_out, timeout, abort)
        if type(points) ~= "number" or points < 2 then return false, "points must be 2 or more" end
        return configure {smu = smu, kind = kind, bias = bias, start = start, stop = stop, limit = limit, ton = ton,
            toff = toff, points = points, buf = buf, tag = tag, sync_in = sync_in, sync_out = sync_out,
            func = kind == "i" and amps or volts, sourcevalues = levels_of(start, stop, points)}
    end
end
entered_pulse_sweep("ConfigPulseIMeasureVSweepLin", "i", linear)
entered_pulse_sweep("ConfigPulseVMeasureISweepLin", "v", linear)
entered_pulse_sweep("ConfigPulseIMeasureVSweepLog", "i", logarithmic)
entered_pulse_sweep("ConfigPulseVMeasureISweepLog", "v", logarithmic)

function QueryPulseConfig(tag)
    local c = configured[tag]
    if not c then return nil end
    local told = {tostring = function()
        return string.format("tag = %d, func = %d, bias = %g, limit = %g, ton = %g, toff = %g, points = %d", c.tag,
                             c.func, c.bias, c.limit, c.ton, c.toff, c.points)
    end}
    for _, name in ipairs {"tag", "smu", "func", "bias", "level", "start", "stop", "limit", "ton", "toff", "points",
                           "buf", "sync_in", "sync_out", "sourcevalues"} do told[name] = c[name] end
    return told
end

-- Two timers: one begins pulses, one ends them. A measurement ends with its pulse.
local function arm(c, begins, ends, leads)
    local smu, kind = c.smu, c.kind
    smu.source.func = c.func
    smu.source["level" .. kind] = c.bias
    smu.trigger.source["list" .. kind](c.sourcevalues)
    smu.trigger.source["limit" .. (kind == "i" and "v" or "i")] = c.limit
    smu.trigger.source.action = 1
    smu.trigger.measure[kind == "i" and "v" or "i"](c.buf)
    smu.trigger.measure.action = 1
    smu.trigger.endpulse.action = 0
    smu.trigger.endsweep.action = 0
    smu.trigger.count = c.points
    smu.trigger.arm.count = 1
    smu.trigger.arm.stimulus = 0
    local aperture = smu.measure.nplc / localnode.linefreq
    smu.measure.delay = math.max(0, c.ton - aperture - 50e-6)
    begins.delay = c.ton + c.toff
    begins.count = c.points > 1 and c.points - 1 or 1
    begins.passthrough = true
    begins.stimulus = leads.trigger.ARMED_EVENT_ID
    smu.trigger.source.stimulus = begins.EVENT_ID
    smu.trigger.measure.stimulus = 0
    ends.delay = c.ton
    ends.count = 1
    ends.passthrough = false
    ends.stimulus = smu.trigger.SOURCE_COMPLETE_EVENT_ID
    smu.trigger.endpulse.stimulus = ends.EVENT_ID
end

local function disarm(c)
    c.smu.trigger.source.stimulus, c.smu.trigger.endpulse.stimulus = 0, 0
    c.smu.measure.delay = 0
end

local function started(list)
    for _, c in ipairs(list) do
        if c.smu.source.output ~= 1 then return false, "the output of the SMU must be on" end
    end
    for k, c in ipairs(list) do arm(c, trigger.timer[2 * k - 1], trigger.timer[2 * k], list[1].smu) end
    for k = table.getn(list), 1, -1 do list[k].smu.trigger.initiate() end
    waitcomplete()
    for _, c in ipairs(list) do disarm(c) end
    return true, "Pulse test complete."
end

function InitiatePulseTest(tag)
    if not configured[tag] then return false, "no pulse is configured under this tag" end
    return started {configured[tag]}
end

function InitiatePulseTestDual(tag1, tag2)
    local first, second = configured[tag1], configured[tag2]
    if not first or not second then return false, "no pulse is configured under this tag" end
    if first.ton <= second.ton + 40e-6 then return false, "ton of tag1 must be more than 40 us longer" end
    if first.toff ~= second.toff then return false, "both pulses must have the same toff" end
    return started {first, second}
end
