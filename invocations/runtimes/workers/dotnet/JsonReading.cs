// From a JSON text to a tree of plain values, and from there to the type that a method takes.

using System;
using System.Collections;
using System.Collections.Generic;
using System.Globalization;
using System.Reflection;
using System.Text;

namespace Serin
{
    /// <summary>Objects become dictionaries, arrays lists, numbers `JsonNumber`. Raises FormatException.</summary>
    internal sealed class JsonParser
    {
        private readonly string text;
        private int at;

        public JsonParser(string text)
        {
            this.text = text;
        }

        public object Whole()
        {
            object value = Value(0);
            if (Next() != '\0' || at < text.Length)
                throw Wrong("the end");
            return value;
        }

        private object Value(int depth)
        {
            if (depth > Json.MaxDepth)
                throw new FormatException("it is nested more than " + Json.MaxDepth + " deep");
            switch (Next())
            {
                case '{': return Map(depth);
                case '[': return List(depth);
                case '"': return Text();
                case 't': return Word("true", true);
                case 'f': return Word("false", false);
                case 'n': return Word("null", null);
                default: return Number();
            }
        }

        private Dictionary<string, object> Map(int depth)
        {
            var map = new Dictionary<string, object>();
            at++;
            while (Next() != '}')
            {
                if (map.Count > 0)
                    Expect(',');
                if (Next() != '"')
                    throw Wrong("a name");
                string name = Text();
                Next();
                Expect(':');
                map[name] = Value(depth + 1);
            }
            at++;
            return map;
        }

        private List<object> List(int depth)
        {
            var list = new List<object>();
            at++;
            while (Next() != ']')
            {
                if (list.Count > 0)
                    Expect(',');
                list.Add(Value(depth + 1));
            }
            at++;
            return list;
        }

        private string Text()
        {
            var found = new StringBuilder();
            for (at++; at < text.Length && text[at] != '"'; at++)
            {
                if (text[at] < ' ')
                    throw Wrong("a character of a text");
                found.Append(text[at] == '\\' ? Escape() : text[at]);
            }
            Expect('"');
            return found.ToString();
        }

        private char Escape()
        {
            at++;
            char kind = at < text.Length ? text[at] : '\0';
            int plain = "\"\\/bfnrt".IndexOf(kind);
            if (plain >= 0)
                return "\"\\/\b\f\n\r\t"[plain];
            if (kind != 'u' || at + 4 >= text.Length || !ushort.TryParse(text.Substring(at + 1, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ushort code))
                throw Wrong("an escape");
            at += 4;
            return (char)code;
        }

        private object Word(string word, object value)
        {
            if (string.CompareOrdinal(text, at, word, 0, word.Length) != 0)
                throw Wrong("a value");
            at += word.Length;
            return value;
        }

        private JsonNumber Number()
        {
            int start = at;
            while (at < text.Length && "+-.0123456789eE".IndexOf(text[at]) >= 0)
                at++;
            string number = text.Substring(start, at - start);
            if (number == "" || number[0] == '+' || number[0] == '.' || !double.TryParse(number, NumberStyles.Float, CultureInfo.InvariantCulture, out _))
            {
                at = start;
                throw Wrong("a value");
            }
            return new JsonNumber(number);
        }

        /// <summary>The next character that is no white space; NUL at the end.</summary>
        private char Next()
        {
            while (at < text.Length && " \t\r\n\uFEFF".IndexOf(text[at]) >= 0)
                at++;
            return at < text.Length ? text[at] : '\0';
        }

        private void Expect(char wanted)
        {
            if (at >= text.Length || text[at] != wanted)
                throw Wrong("'" + wanted + "'");
            at++;
        }

        private FormatException Wrong(string wanted) => new FormatException(wanted + " is expected at character " + (at + 1));
    }

    internal sealed class JsonNumber
    {
        private readonly string text;

        public JsonNumber(string text)
        {
            this.text = text;
        }

        /// <summary>As a method that takes any object sees it.</summary>
        public object Plain => long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long whole) ? whole : (object)double.Parse(text, CultureInfo.InvariantCulture);

        public object As(Type type)
        {
            if (type == typeof(double) || type == typeof(float))
                return Convert.ChangeType(double.Parse(text, CultureInfo.InvariantCulture), type, CultureInfo.InvariantCulture);
            if (type == typeof(string))
                return text;
            decimal number = decimal.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture);
            if (type != typeof(decimal) && number != decimal.Truncate(number))
                throw new FormatException(text + " is no whole number");
            return Convert.ChangeType(number, type, CultureInfo.InvariantCulture);
        }
    }

    internal static class JsonBinder
    {
        /// <summary>By its name: the assembly it is in is loaded only for functions that use it.</summary>
        public const string UriType = "System.Uri";

        public static object Bind(object value, Type type)
        {
            Type inner = Nullable.GetUnderlyingType(type);
            if (value == null)
                return type.IsValueType && inner == null ? throw new FormatException("null is no " + type.Name) : (object)null;
            type = inner ?? type;
            if (type == typeof(object))
                return Plain(value);
            if (type.IsEnum)
                return value is string name ? Enum.Parse(type, name, true) : Enum.ToObject(type, ((JsonNumber)value).As(Enum.GetUnderlyingType(type)));
            if (value is JsonNumber number)
                return number.As(type);
            if (value is bool)
                return type == typeof(string) ? Convert.ToString(value).ToLowerInvariant() : Convert.ChangeType(value, type, CultureInfo.InvariantCulture);
            if (value is string text)
                return FromText(text, type);
            return value is List<object> list ? FromList(list, type) : FromMap((Dictionary<string, object>)value, type);
        }

        private static object Plain(object value)
        {
            if (value is JsonNumber number)
                return number.Plain;
            if (value is List<object> list)
                return list.ConvertAll(Plain);
            if (!(value is Dictionary<string, object> map))
                return value;
            var plain = new Dictionary<string, object>();
            foreach (KeyValuePair<string, object> pair in map)
                plain[pair.Key] = Plain(pair.Value);
            return plain;
        }

        private static object FromText(string text, Type type)
        {
            if (type == typeof(string))
                return text;
            if (type == typeof(byte[]))
                return Convert.FromBase64String(text);
            if (type == typeof(DateTime))
                return DateTime.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind);
            if (type == typeof(DateTimeOffset))
                return DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);
            if (type == typeof(TimeSpan))
                return TimeSpan.Parse(text, CultureInfo.InvariantCulture);
            if (type == typeof(Guid))
                return Guid.Parse(text);
            if (type.FullName == UriType)
                return Activator.CreateInstance(type, text, Enum.ToObject(type.Assembly.GetType("System.UriKind"), 0));
            return Convert.ChangeType(text, type, CultureInfo.InvariantCulture);
        }

        private static object FromList(List<object> list, Type type)
        {
            if (type.IsArray)
            {
                Array array = Array.CreateInstance(type.GetElementType(), list.Count);
                for (int at = 0; at < list.Count; at++)
                    array.SetValue(Bind(list[at], type.GetElementType()), at);
                return array;
            }
            Type item = Argument(type, typeof(IEnumerable<>), 0) ?? typeof(object);
            Type made = type.IsInterface ? typeof(List<>).MakeGenericType(item) : type;
            if (!type.IsAssignableFrom(made) || !typeof(IEnumerable).IsAssignableFrom(made))
                throw new FormatException("an array is no " + type.Name);
            object collection = Activator.CreateInstance(made, true);
            MethodInfo add = made.GetMethod("Add", new[] { item }) ?? throw new FormatException("nothing can be added to " + type.Name);
            foreach (object one in list)
                add.Invoke(collection, new[] { Bind(one, item) });
            return collection;
        }

        private static object FromMap(Dictionary<string, object> map, Type type)
        {
            Type key = Argument(type, typeof(IDictionary<,>), 0), item = Argument(type, typeof(IDictionary<,>), 1);
            if (key == null && !typeof(IDictionary).IsAssignableFrom(type))
                return FromMembers(map, type);
            key = key ?? typeof(string);
            item = item ?? typeof(object);
            Type made = type.IsInterface ? typeof(Dictionary<,>).MakeGenericType(key, item) : type;
            var dictionary = (IDictionary)Activator.CreateInstance(made, true);
            foreach (KeyValuePair<string, object> pair in map)
                dictionary[FromText(pair.Key, key)] = Bind(pair.Value, item);
            return dictionary;
        }

        private static object FromMembers(Dictionary<string, object> map, Type type)
        {
            if (type.IsPrimitive || type == typeof(string) || type.IsAbstract || type.IsArray)
                throw new FormatException("an object is no " + type.Name);
            var named = new Dictionary<string, object>(StringComparer.OrdinalIgnoreCase);
            foreach (KeyValuePair<string, object> pair in map)
                named[pair.Key] = pair.Value;
            object made = Make(named, type);
            foreach (JsonMember member in JsonMember.Of(type))
            {
                if (member.CanWrite && named.TryGetValue(member.Name, out object value))
                    member.Set(made, Bind(value, member.Type));
            }
            return made;
        }

        /// <summary>By the constructor without parameters, or else by the only one there is, its parameters filled by name.</summary>
        private static object Make(Dictionary<string, object> named, Type type)
        {
            ConstructorInfo[] constructors = type.GetConstructors();
            if (type.IsValueType || constructors.Length != 1 || constructors[0].GetParameters().Length == 0)
                return Activator.CreateInstance(type, true);
            object[] arguments = Array.ConvertAll(constructors[0].GetParameters(), parameter =>
            {
                named.TryGetValue(parameter.Name, out object value);
                return value == null && parameter.ParameterType.IsValueType ? Activator.CreateInstance(parameter.ParameterType) : Bind(value, parameter.ParameterType);
            });
            return constructors[0].Invoke(arguments);
        }

        /// <summary>The type argument of an interface that the type is or implements, or null.</summary>
        private static Type Argument(Type type, Type definition, int position)
        {
            if (type.IsGenericType && type.GetGenericTypeDefinition() == definition)
                return type.GetGenericArguments()[position];
            foreach (Type candidate in type.GetInterfaces())
            {
                if (candidate.IsGenericType && candidate.GetGenericTypeDefinition() == definition)
                    return candidate.GetGenericArguments()[position];
            }
            return null;
        }
    }
}
