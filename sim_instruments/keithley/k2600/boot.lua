-- What do scripts find beside the command tree? The libraries, less what reaches out of the instrument.
local slice_over, slice, translated = ...
local sethook, create, yield, resume, load_51 = debug.sethook, coroutine.create, coroutine.yield, coroutine.resume, loadstring
local error, pcall, type, setmetatable, getmetatable, rawset, tostring = error, pcall, type, setmetatable, getmetatable, rawset, tostring
local unpack, next = unpack, next

function loadstring(chunk, name)
    if type(chunk) == "string" then chunk = translated(chunk) end
    return load_51(chunk, name or "=tsp")
end
local loadstring = loadstring

-- What `translated` puts around the expressions of a generic for: Lua 5.0 takes a table there.
function __iterator(first, state, control)
    if type(first) == "table" and not (getmetatable(first) or {}).__call then return next, first, nil end
    return first, state, control
end

local function watch() slice_over() end

-- A hook belongs to its coroutine.
coroutine.create = function(f)
    local co = create(f)
    sethook(co, watch, "", slice)
    return co
end
coroutine.wrap = function(f)
    local co = coroutine.create(f)
    return function(...)
        local found = {resume(co, ...)}
        if not found[1] then error(found[2], 0) end
        return unpack(found, 2, table.maxn(found))
    end
end
for _, name in ipairs {"io", "os", "debug", "package", "require", "module", "dofile", "loadfile", "load", "python",
                       "newproxy"} do
    _G[name] = nil
end
string.dump = nil

-- Handles are what the tables of the tree stand for in the instrument.
local handles = setmetatable({}, {__mode = "k"})

local function wrap(act)
    return function(...)
        local given = {...}
        for i = 1, select("#", ...) do
            if type(given[i]) == "table" and handles[given[i]] ~= nil then given[i] = handles[given[i]] end
        end
        return act(unpack(given, 1, select("#", ...)))
    end
end

-- What is neither number, text, boolean nor nil is shown as Lua shows it.
local function printing(act)
    return function(...)
        local given = {...}
        for i = 1, select("#", ...) do
            local kind = type(given[i])
            if kind == "table" or kind == "function" or kind == "userdata" or kind == "thread" then
                given[i] = tostring(given[i])
            end
        end
        return act(unpack(given, 1, select("#", ...)))
    end
end

local function node(luatype, handle)
    local t, mt = {}, {Getters = {}, Setters = {}, Objects = {}, luatype = luatype}
    mt.__index = function(_, key)
        local found = mt.Objects[key]
        if found ~= nil then return found end
        local get = mt.Getters[key]
        if get then return get() end
        if mt.entry and type(key) == "number" then return mt.entry(key) end
    end
    mt.__newindex = function(_, key, value)
        local set = mt.Setters[key]
        if set then return set(value) end
        if mt.Getters[key] or mt.Objects[key] ~= nil then
            error("attribute " .. tostring(key) .. " is read-only", 2)
        end
        error("there is no attribute " .. tostring(key), 2)
    end
    if handle ~= nil then handles[t] = handle end
    return setmetatable(t, mt)
end

local function attribute(t, name, get, set)
    local mt = getmetatable(t)
    mt.Getters[name], mt.Setters[name] = get, set
end

local function object(t, name, value) getmetatable(t).Objects[name] = value end

local function array(luatype, handle, entry)
    local t = node(luatype, handle)
    getmetatable(t).entry = entry
    return t
end

local function named_constants(name)
    local t = node("table")
    local mt = getmetatable(t)
    local index = mt.__index
    mt.__index = function(t, key)
        local found = index(t, key)
        if found == nil and type(key) == "string" and string.find(key, "^%u[%u%d_]*$") then return name .. "." .. key end
        return found
    end
    return t
end

function makegetter(t, name) return function() return t[name] end end
function makesetter(t, name) return function(value) t[name] = value end end

-- bit library, manual section 9: positions count from 1.
bit = {}
local function whole(a) return math.floor(a) end
local function each(a, b, keep)
    local sum, place = 0, 1
    a, b = whole(a), whole(b)
    while a > 0 or b > 0 do
        if keep(a % 2, b % 2) then sum = sum + place end
        a, b, place = whole(a / 2), whole(b / 2), place * 2
    end
    return sum
end
function bit.bitand(a, b) return each(a, b, function(x, y) return x + y == 2 end) end
function bit.bitor(a, b) return each(a, b, function(x, y) return x + y > 0 end) end
function bit.bitxor(a, b) return each(a, b, function(x, y) return x ~= y end) end

-- What `with_operators` puts for a bitwise operator: value + marker keeps the value, and that + value does the work.
local function marker(act)
    local partial = {}
    local function finish(kept, b)
        if type(kept.value) ~= "number" or type(b) ~= "number" then
            error("attempt to perform bitwise operation on a " .. type(type(b) == "number" and kept.value or b) .. " value", 2)
        end
        return act(kept.value, b)
    end
    partial.__add, partial.__mul = finish, finish
    local function begin(a) return setmetatable({value = a}, partial) end
    return setmetatable({}, {__add = begin, __mul = begin})
end
__and, __or, __xor = marker(bit.bitand), marker(bit.bitor), marker(bit.bitxor)
__shift_left = marker(function(a, b) return whole(a) * 2 ^ whole(b) end)
__shift_right = marker(function(a, b) return math.floor(whole(a) / 2 ^ whole(b)) end)
function bit.test(a, n) return whole(a / 2 ^ (n - 1)) % 2 == 1 end
function bit.set(a, n) return bit.test(a, n) and a or a + 2 ^ (n - 1) end
function bit.clear(a, n) return bit.test(a, n) and a - 2 ^ (n - 1) or a end
function bit.toggle(a, n) return bit.test(a, n) and bit.clear(a, n) or bit.set(a, n) end
function bit.get(a, n) return bit.test(a, n) and 2 ^ (n - 1) or 0 end
function bit.getfield(a, n, width) return whole(a / 2 ^ (n - 1)) % 2 ^ width end
function bit.setfield(a, n, width, value)
    return a + (value % 2 ^ width - bit.getfield(a, n, width)) * 2 ^ (n - 1)
end

local function execute(chunk)
    local f, problem = loadstring(chunk, "=tsp")
    if not f then return problem end
    sethook(watch, "", slice)
    f()
end

local function hurry() sethook(watch, "", 1) end
local function rest() sethook() end

-- Scripts are tables (manual section 7). Saving them to flash is not modelled.
script = {user = {scripts = {}}}
function script.run() return script.anonymous.run() end
run = script.run
function script.new(chunk, name)
    local f, problem = loadstring(chunk, "=tsp")
    if not f then error(problem, 0) end
    local kept = setmetatable({name = name or "", source = chunk, run = f}, {__call = f})
    if name and name ~= "" then
        script.user.scripts[name], _G[name] = kept, kept
    end
    return kept
end
function script.delete(name)
    script.user.scripts[name], _G[name] = nil, nil
end

local function keep(name, chunk)
    local _, problem = loadstring(chunk, "=tsp")
    if problem then return problem end
    local kept = script.new(chunk, name)
    if name == "" then script.anonymous = kept end
end

-- The size of a table, Lua 5.0 Reference Manual, section 5.4: field n if it has one, else what was set, else counted.
local sizes = setmetatable({}, {__mode = "k"})
local count = table.getn
function table.getn(t)
    local n = rawget(t, "n")
    if type(n) == "number" then return n end
    return sizes[t] or count(t)
end
function table.setn(t, n)
    if type(rawget(t, "n")) == "number" then t.n = n else sizes[t] = n end
end

-- No USB drive is plugged in.
fs = {}
function fs.is_dir() return false end
function fs.is_file() return false end

-- Strings that a user keeps in the instrument, manual section 9 (userstring).
local strings = {}
userstring = {}
function userstring.add(name, value) strings[name] = value end
function userstring.get(name) return strings[name] end
function userstring.delete(name) strings[name] = nil end
function userstring.catalog()
    local name
    return function()
        name = next(strings, name)
        return name
    end
end

return {named_constants = named_constants, wrap = wrap, node = node, attribute = attribute, object = object, array = array, execute = execute,
        rest = rest, hurry = hurry, keep = keep, printing = printing}
