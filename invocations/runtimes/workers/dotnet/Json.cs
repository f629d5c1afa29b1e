// JSON for inputs and results: names as they are declared, in the order of declaration, dates in ISO 8601,
// enumerations as numbers; read without regard to case. That is what Function Compute's own default does.

using System;
using System.Collections;
using System.Collections.Generic;
using System.Globalization;
using System.Reflection;
using System.Text;
using Aliyun.Serverless.Core;

namespace Serin
{
    internal static class Json
    {
        public const int MaxDepth = 128;

        public static string Write(object value)
        {
            var text = new StringBuilder();
            Write(text, value, 0);
            return text.ToString();
        }

        /// <summary>A value of this type. Raises JsonSerializerException.</summary>
        public static object Read(string text, Type type)
        {
            try
            {
                return JsonBinder.Bind(new JsonParser(text).Whole(), type);
            }
            catch (Exception error) when (error is FormatException || error is InvalidCastException || error is OverflowException || error is ArgumentException || error is MissingMethodException)
            {
                throw new JsonSerializerException("The event is no JSON of type " + type.FullName + ": " + error.Message, error);
            }
        }

        private static void Write(StringBuilder text, object value, int depth)
        {
            if (depth > MaxDepth)
                throw new JsonSerializerException("The result is nested more than " + MaxDepth + " deep", null);
            if (value == null)
                text.Append("null");
            else if (Plain(value) is string plain)
                text.Append(plain);
            else if (Quoted(value) is string quoted)
                WriteText(text, quoted);
            else if (value is IDictionary map)
                WriteMap(text, map, depth);
            else if (value is IEnumerable items)
                WriteItems(text, items, depth);
            else
                WriteObject(text, value, depth);
        }

        /// <summary>What is written without quotes, or null.</summary>
        private static string Plain(object value)
        {
            if (value is bool truth)
                return truth ? "true" : "false";
            if (value is Enum)
                return Convert.ToString(Convert.ChangeType(value, Enum.GetUnderlyingType(value.GetType())), CultureInfo.InvariantCulture);
            TypeCode code = Type.GetTypeCode(value.GetType());
            string number = Convert.ToString(value, CultureInfo.InvariantCulture);
            if (code >= TypeCode.SByte && code <= TypeCode.UInt64)
                return number;
            if (code == TypeCode.Decimal)
                return Fraction(number);
            bool isFinite = code == TypeCode.Double && !double.IsNaN((double)value) && !double.IsInfinity((double)value)
                || code == TypeCode.Single && !float.IsNaN((float)value) && !float.IsInfinity((float)value);
            return isFinite ? Fraction(((IFormattable)value).ToString("R", CultureInfo.InvariantCulture)) : null;
        }

        private static string Fraction(string number) => number.IndexOfAny(new[] { '.', 'E' }) < 0 ? number + ".0" : number;

        /// <summary>What is written as a text, or null.</summary>
        private static string Quoted(object value)
        {
            if (value is DateTime)
                return ((DateTime)value).ToString("yyyy-MM-ddTHH:mm:ss.FFFFFFFK", CultureInfo.InvariantCulture);
            if (value is DateTimeOffset)
                return ((DateTimeOffset)value).ToString("yyyy-MM-ddTHH:mm:ss.FFFFFFFzzz", CultureInfo.InvariantCulture);
            if (value is byte[])
                return Convert.ToBase64String((byte[])value);
            bool isText = value is string || value is char || value is double || value is float || value is TimeSpan || value is Guid || value is Version || value is Type || value.GetType().FullName == JsonBinder.UriType;
            return isText ? Convert.ToString(value, CultureInfo.InvariantCulture) : null;
        }

        private static void WriteMap(StringBuilder text, IDictionary map, int depth)
        {
            string joint = "{";
            foreach (DictionaryEntry entry in map)
            {
                text.Append(joint);
                WriteText(text, Convert.ToString(entry.Key, CultureInfo.InvariantCulture));
                text.Append(':');
                Write(text, entry.Value, depth + 1);
                joint = ",";
            }
            text.Append(joint == "{" ? "{}" : "}");
        }

        private static void WriteItems(StringBuilder text, IEnumerable items, int depth)
        {
            text.Append('[');
            string joint = "";
            foreach (object item in items)
            {
                text.Append(joint);
                Write(text, item, depth + 1);
                joint = ",";
            }
            text.Append(']');
        }

        private static void WriteObject(StringBuilder text, object value, int depth)
        {
            string joint = "{";
            foreach (JsonMember member in JsonMember.Of(value.GetType()))
            {
                if (!member.CanRead)
                    continue;
                text.Append(joint);
                WriteText(text, member.Name);
                text.Append(':');
                Write(text, member.Get(value), depth + 1);
                joint = ",";
            }
            text.Append(joint == "{" ? "{}" : "}");
        }

        private static void WriteText(StringBuilder text, string value)
        {
            text.Append('"');
            foreach (char character in value)
            {
                switch (character)
                {
                    case '"': text.Append("\\\""); break;
                    case '\\': text.Append("\\\\"); break;
                    case '\n': text.Append("\\n"); break;
                    case '\r': text.Append("\\r"); break;
                    case '\t': text.Append("\\t"); break;
                    case '\b': text.Append("\\b"); break;
                    case '\f': text.Append("\\f"); break;
                    default:
                        if (character < ' ')
                            text.Append("\\u").Append(((int)character).ToString("x4", CultureInfo.InvariantCulture));
                        else
                            text.Append(character);
                        break;
                }
            }
            text.Append('"');
        }
    }

    /// <summary>A property or field that JSON shows. The attributes of the well-known libraries are known by name.</summary>
    internal sealed class JsonMember
    {
        private static readonly Dictionary<Type, List<JsonMember>> Known = new Dictionary<Type, List<JsonMember>>();
        private readonly PropertyInfo property;
        private readonly FieldInfo field;

        private JsonMember(MemberInfo member)
        {
            property = member as PropertyInfo;
            field = member as FieldInfo;
            Name = member.Name;
            foreach (CustomAttributeData attribute in member.GetCustomAttributesData())
            {
                string kind = attribute.AttributeType.Name;
                IsIgnored |= kind == "JsonIgnoreAttribute" || kind == "IgnoreDataMemberAttribute";
                if (kind == "JsonPropertyAttribute" || kind == "JsonPropertyNameAttribute" || kind == "DataMemberAttribute")
                    Name = Given(attribute) ?? Name;
            }
        }

        public string Name { get; }
        public bool IsIgnored { get; }
        public Type Type => property != null ? property.PropertyType : field.FieldType;
        public bool CanRead => property == null || property.GetGetMethod() != null;
        public bool CanWrite => property != null ? property.GetSetMethod(true) != null : !field.IsInitOnly;

        public object Get(object owner) => property != null ? property.GetValue(owner) : field.GetValue(owner);

        public void Set(object owner, object value)
        {
            if (property != null)
                property.SetValue(owner, value);
            else
                field.SetValue(owner, value);
        }

        public static List<JsonMember> Of(Type type)
        {
            lock (Known)
            {
                if (Known.TryGetValue(type, out List<JsonMember> members))
                    return members;
                members = new List<JsonMember>();
                foreach (PropertyInfo property in type.GetProperties(BindingFlags.Public | BindingFlags.Instance))
                {
                    if (property.GetIndexParameters().Length == 0)
                        members.Add(new JsonMember(property));
                }
                foreach (FieldInfo field in type.GetFields(BindingFlags.Public | BindingFlags.Instance))
                    members.Add(new JsonMember(field));
                members.RemoveAll(member => member.IsIgnored);
                return Known[type] = members;
            }
        }

        private static string Given(CustomAttributeData attribute)
        {
            foreach (CustomAttributeTypedArgument argument in attribute.ConstructorArguments)
            {
                if (argument.Value is string name)
                    return name;
            }
            foreach (CustomAttributeNamedArgument argument in attribute.NamedArguments)
            {
                if ((argument.MemberName == "Name" || argument.MemberName == "PropertyName") && argument.TypedValue.Value is string name)
                    return name;
            }
            return null;
        }
    }
}
